import { expect, test } from 'vitest';
import { planDocument } from '../../../../src/cli/actions/plan/document.ts';
import { OfflinePlanner } from '../../../../src/cli/actions/plan/offlinePlanner.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import type { FleetObject, PolicyObject } from '../../../../src/kube/resources.ts';
import { fleetObject, OFFICE, policyObject, VISIO, ws } from '../../../builders.ts';
import { fakeFleet, visioOnFirst } from '../../../fakeOperator.ts';
import { VirtualClock } from '../../../fakes/clock.ts';

test('a plan names policies of other namespaces, which its user can read', async () => {
  const clock = new VirtualClock();
  const inHr = (name: string, spec: Parameters<typeof policyObject>[1]) => {
    const object = policyObject(name, spec);
    return { ...object, metadata: { ...object.metadata, namespace: 'hr' } };
  };
  const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'a trial' }];
  const allowed = { workspaceSelector: { workspaceIDs: [ws(2)] }, applications: { allowed: [{ id: VISIO }] } };
  const policies = [
    policyObject('no-visio'),
    inHr('trial', { exceptions, applications: { denied: [{ id: OFFICE }] } }),
    inHr('visio', allowed),
  ];
  const inventory = new Inventory(fakeFleet(2, visioOnFirst(2)), clock);
  const planner = new OfflinePlanner({
    policies: policies as unknown as PolicyObject[],
    fleets: [],
    namespaces: undefined,
    clock,
    inventoryOf: async () => inventory,
  });
  const [preview] = await planner.preview(({ name }) => name === 'no-visio');
  const assessments = preview !== undefined && 'plan' in preview.result ? preview.result.assessments : [];
  const conflict = 'policies contradict each other, so no change is made: denied by this policy, allowed by hr/visio';
  expect(assessments.map(({ message }) => message)).toEqual([conflict, 'excepted by hr/trial: a trial']);
  expect(JSON.stringify(planDocument(preview === undefined ? [] : [preview]))).toContain('allowed by hr/visio');
});

test.each<[string, Parameters<typeof fleetObject>[1], Partial<FleetObject['status']> | undefined, number]>([
  ['its own rate without a fleet in the same account', { expectedAccountID: '222222222222' }, undefined, 10],
  ['its own rate if another one is in another region', { region: 'eu-west-1' }, { accountID: '111111111111' }, 10],
  ['the lowest rate of the fleets in its account', { expectedAccountID: '111111111111' }, undefined, 1],
  ['the lowest rate also if only a status shows the account', {}, { accountID: '111111111111' }, 1],
])('a plan estimates its duration with %s', async (_, spec, status, callsPerSecond) => {
  const clock = new VirtualClock();
  const own = { expectedAccountID: '111111111111', rateLimit: { requestsPerMinute: 600, burst: 5 } };
  const other = { ...fleetObject('apac', { rateLimit: { requestsPerMinute: 60, burst: 5 }, ...spec }), status };
  const planner = new OfflinePlanner({
    policies: [policyObject('no-visio', { fleetRef: { name: 'emea' } })] as unknown as PolicyObject[],
    fleets: [fleetObject('emea', own), other] as unknown as FleetObject[],
    namespaces: undefined,
    clock,
    inventoryOf: async () => new Inventory(fakeFleet(2, visioOnFirst(2)), clock),
  });
  const [preview] = await planner.preview(() => true);
  expect(preview?.limits?.callsPerSecond).toBe(callsPerSecond);
});
