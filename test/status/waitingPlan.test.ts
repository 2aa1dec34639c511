import { expect, test } from 'vitest';
import type { PolicyObject } from '../../src/kube/resources.ts';
import { waitingPlanID } from '../../src/status/waitingPlan.ts';

const EXCEEDED = [{ type: 'Ready', status: 'False', reason: 'SafeguardExceeded' }];
const policyWith = (enforcement: string, status: object) =>
  ({
    metadata: { name: 'p', uid: 'uid' },
    spec: { enforcement },
    status: { objectUID: 'uid', plan: { id: 'a' }, ...status },
  }) as unknown as PolicyObject;

test.each<[string, PolicyObject, string | undefined]>([
  ['waits with enforcement: Approve', policyWith('Approve', { lastApprovedPlan: 'earlier' }), 'a'],
  ['waits if it exceeds the safeguard', policyWith('Enforce', { conditions: EXCEEDED }), 'a'],
  ['does not wait after its approval', policyWith('Approve', { lastApprovedPlan: 'a' }), undefined],
  ['does not wait within the safeguard', policyWith('Enforce', {}), undefined],
  ['does not wait with enforcement: Audit', policyWith('Audit', { conditions: EXCEEDED }), undefined],
  ['does not wait if the status belongs to another object', policyWith('Approve', { objectUID: 'old' }), undefined],
  ['does not wait if there is none', policyWith('Approve', { plan: {} }), undefined],
])('a plan %s', (_, policy, expected) => {
  expect(waitingPlanID(policy)).toBe(expected);
});
