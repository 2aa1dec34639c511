import { describe, expect, test } from 'vitest';
import { FleetStore, refersTo } from '../../src/operator/fleetStore.ts';
import { FleetUsage } from '../../src/operator/fleetUsage.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { AMBIENT, FLEET_LOCATION, fleetObject, NO_LIMITS, policy, policyObject } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

/** Returns the usage of the fleets `emea`, with one policy, and `apac`, with none. */
function usageOf({ watchesAllNamespaces = true, ambientPolicies = 0, shown = {} as Record<string, number> } = {}) {
  const fleetStore = new FleetStore(AMBIENT);
  fleetStore.put(fleetObject('emea'));
  fleetStore.put(fleetObject('apac'));
  const policyStore = new PolicyStore(new VirtualClock(), () => ({ limits: NO_LIMITS, scope: FLEET_LOCATION }));
  policyStore.put('desktops/p', policyObject('p', { fleetRef: { name: 'emea' } }));
  for (let n = 0; n < ambientPolicies; n++) {
    policyStore.put(`desktops/ambient-${n}`, policyObject(`ambient-${n}`));
  }
  const fleetStatuses = {
    latest: (name: string) => ({ metadata: { name }, status: { policies: shown[name] ?? 0, conditions: [] } }),
  };
  return new FleetUsage({ fleetStore, policyStore, fleetStatuses, watchesAllNamespaces });
}

const isOwnedByNone = () => false;

describe('the usage of fleets', () => {
  test('counts the policies of a fleet', () => {
    const usage = usageOf({ ambientPolicies: 2 });
    expect([usage.policyCount('emea'), usage.policyCount('apac'), usage.policyCount(undefined)]).toEqual([1, 0, 2]);
  });

  test('includes every WorkspaceFleet if the operator watches all namespaces', () => {
    const usage = usageOf();
    expect(['emea', 'apac', undefined].map((name) => usage.isManaged(name))).toEqual([true, true, false]);
    expect(usage.fleetsToOwn(isOwnedByNone)).toEqual([undefined, 'emea', 'apac']);
  });

  test('includes only fleets with policies if the operator watches one namespace', () => {
    const usage = usageOf({ watchesAllNamespaces: false });
    expect(['emea', 'apac', undefined].map((name) => usage.isManaged(name))).toEqual([true, false, false]);
    expect(usage.fleetsToOwn(isOwnedByNone)).toEqual([undefined, 'emea']);
  });

  test('includes an owned fleet without policies until its status shows that', () => {
    const usage = usageOf({ watchesAllNamespaces: false, shown: { apac: 1 } });
    expect(usage.fleetsToOwn((name) => name === 'apac')).toEqual([undefined, 'emea', 'apac']);
    const corrected = usageOf({ watchesAllNamespaces: false, shown: { apac: 0 } });
    expect(corrected.fleetsToOwn((name) => name === 'apac')).toEqual([undefined, 'emea']);
  });

  test('includes no fleet whose status shows the policies of another operator', () => {
    const usage = usageOf({ watchesAllNamespaces: false, shown: { apac: 1 } });
    expect(usage.fleetsToOwn(isOwnedByNone)).toEqual([undefined, 'emea']);
  });

  test('includes the ambient fleet while policies use it', () => {
    expect(usageOf({ ambientPolicies: 1 }).isManaged(undefined)).toBe(true);
  });
});

test.each([
  [undefined, 'default', true],
  [undefined, undefined, true],
  [undefined, 'emea', false],
  [{ name: 'emea' }, 'emea', true],
  [{ name: 'emea' }, 'default', false],
])('a policy with fleetRef %o refers to the fleet %s: %s', (fleetRef, name, expected) => {
  expect(refersTo(policy('p', fleetRef === undefined ? {} : { fleetRef }), name)).toBe(expected);
});
