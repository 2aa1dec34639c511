import { describe, expect, test } from 'vitest';
import { type AmbientFleet, FleetStore } from '../../src/operator/fleetStore.ts';
import { AMBIENT as ANY_NAMESPACE, fleetObject } from '../builders.ts';

const AMBIENT: AmbientFleet = { ...ANY_NAMESPACE, serves: (namespace) => namespace === 'desktops' };
const TEAM_X = { from: 'Selector', selector: { matchLabels: { team: 'x' } } } as const;

function storeOf(...fleets: ReturnType<typeof fleetObject>[]): FleetStore {
  const store = new FleetStore(AMBIENT);
  fleets.forEach((fleet) => void store.put(fleet));
  return store;
}

/** Returns the name of the fleet of a policy in the namespace `desktops`, or the reason why it has none. */
function fleetOf(store: FleetStore, fleetRef?: string): string | undefined {
  const assignment = store.assign({ namespace: 'desktops', fleetRef });
  return 'refused' in assignment ? assignment.refused.reason : (assignment.fleet.name ?? 'ambient');
}

function label(store: FleetStore, labels: Record<string, string> | undefined): boolean {
  return store.observeNamespace({
    type: labels === undefined ? 'Deleted' : 'Modified',
    object: { metadata: { name: 'desktops', labels: labels ?? {} } },
  });
}

describe('the fleet of a policy', () => {
  test('is the fleet that it names', () => {
    expect(fleetOf(storeOf(fleetObject('emea'), fleetObject('default')), 'emea')).toBe('emea');
  });
  test('is the default fleet if it names none', () => {
    expect(fleetOf(storeOf(fleetObject('emea'), fleetObject('default')))).toBe('default');
  });
  test('doesn’t exist without an ambient fleet', () => {
    expect(fleetOf(new FleetStore(undefined))).toBe('RefNotPermitted');
  });
  test('doesn’t exist if the named fleet doesn’t exist', () => {
    expect(fleetOf(storeOf(fleetObject('default')), 'emea')).toBe('RefNotPermitted');
    expect(fleetOf(storeOf(), 'default')).toBe('RefNotPermitted');
  });
  test('doesn’t exist if the default fleet doesn’t allow the namespace, even with an ambient fleet', () => {
    expect(fleetOf(storeOf(fleetObject('default', { allowedNamespaces: TEAM_X })))).toBe('RefNotPermitted');
  });
  test('doesn’t exist if the fleet is invalid', () => {
    expect(fleetOf(storeOf(fleetObject('emea', { directoryIDs: [] })), 'emea')).toBe('RefNotPermitted');
  });
  test('doesn’t exist while the fleet is being deleted', () => {
    const store = storeOf(fleetObject('emea'));
    const deleting = fleetObject('emea');
    store.put({ ...deleting, metadata: { ...deleting.metadata, deletionTimestamp: '2026-11-02T12:00:00Z' } });
    expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  });
});

test('a policy is allowed by the labels of its namespace', () => {
  const store = storeOf(fleetObject('emea', { allowedNamespaces: TEAM_X }));
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  expect(label(store, { team: 'y' })).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  expect(label(store, { team: 'x' })).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('emea');
  expect(label(store, { team: 'x' })).toBe(false);
  expect(label(store, undefined)).toBe(true);
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
});

test('an unknown namespace isn’t allowed by any selector', () => {
  const selector = { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' as const }] };
  const store = storeOf(fleetObject('emea', { allowedNamespaces: { from: 'Selector', selector } }));
  expect(fleetOf(store, 'emea')).toBe('RefNotPermitted');
  label(store, {});
  expect(fleetOf(store, 'emea')).toBe('emea');
});

test('a refusal doesn’t show whether the fleet exists', () => {
  const closed = storeOf(fleetObject('emea', { allowedNamespaces: TEAM_X }));
  const policy = { namespace: 'desktops', fleetRef: 'emea' };
  expect(closed.assign(policy)).toEqual(storeOf().assign(policy));
});

test('only a new generation or a new object is a change', () => {
  const store = storeOf(fleetObject('emea'));
  const { metadata, ...fleet } = fleetObject('emea');
  expect(store.put({ ...fleet, metadata: { ...metadata, resourceVersion: '9' } })).toBe(false);
  expect(store.put({ ...fleet, metadata: { ...metadata, generation: 2 } })).toBe(true);
  expect(store.put({ ...fleet, metadata: { ...metadata, generation: 2, uid: 'another' } })).toBe(true);
  expect(store.delete('emea')).toBe(true);
  expect(store.delete('emea')).toBe(false);
});

describe('the ambient fleet', () => {
  const policyIn = (namespace: string) => ({ namespace, fleetRef: undefined });
  const ended = fleetObject('emea');

  test.each<[rule: string, namespace: string, Partial<AmbientFleet>, readonly (typeof ended)[], expected: string]>([
    ['serves a namespace that the installation names', 'desktops', {}, [], 'ambient'],
    ['serves no other namespace', 'hr', {}, [], 'RefNotPermitted'],
    ['serves nobody once a WorkspaceFleet exists', 'desktops', {}, [ended], 'FleetNotFound'],
    ['serves no other namespace once a WorkspaceFleet exists', 'hr', {}, [ended], 'RefNotPermitted'],
    ['serves nobody if a WorkspaceFleet is recorded', 'desktops', { hasEnded: () => true }, [], 'FleetNotFound'],
    ['protects nothing if it was never used', 'desktops', { wasUsed: () => false }, [ended], 'RefNotPermitted'],
    ['serves nobody before the fleets are known', 'desktops', { areFleetsKnown: () => false }, [], 'Pending'],
    ['yields to a default fleet', 'desktops', {}, [fleetObject('default')], 'default'],
    [
      'doesn’t replace a default fleet that refuses the namespace',
      'desktops',
      {},
      [fleetObject('default', { allowedNamespaces: TEAM_X })],
      'RefNotPermitted',
    ],
  ])('%s', (_, namespace, ambient, fleets, expected) => {
    const store = new FleetStore({ ...AMBIENT, ...ambient });
    fleets.forEach((fleet) => void store.put(fleet));
    const assignment = store.assign(policyIn(namespace));
    const refused = 'refused' in assignment ? assignment.refused : assignment.blocker;
    const name = 'fleet' in assignment ? (assignment.fleet.name ?? 'ambient') : undefined;
    expect(refused?.reason ?? name).toBe(expected);
  });

  test('stays ended when the last WorkspaceFleet is deleted', () => {
    const store = storeOf(ended);
    store.delete('emea');
    expect(store.hasAmbientFleetEnded).toBe(true);
    expect(store.get(undefined)).toBeUndefined();
    expect(store.assign(policyIn('desktops'))).toMatchObject({ blocker: { reason: 'FleetNotFound', terminal: true } });
  });

  test('ends with a WorkspaceFleet that is being deleted', () => {
    const { metadata, ...fleet } = ended;
    const store = storeOf();
    store.put({ ...fleet, metadata: { ...metadata, deletionTimestamp: '2026-11-02T12:00:00Z' } });
    expect(store.hasAmbientFleetEnded).toBe(true);
  });

  test('keeps its policies evaluated after it ended, so that they protect what they allow', () => {
    expect(storeOf(ended).assign(policyIn('desktops'))).toMatchObject({ fleet: AMBIENT.config });
  });

  test('refuses a namespace with the same message whether or not WorkspaceFleets exist', () => {
    expect(storeOf(ended).assign(policyIn('hr'))).toEqual(storeOf().assign(policyIn('hr')));
  });
});
