import { describe, expect, test } from 'vitest';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import { APPLICATIONS, association, NO_LIMITS, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';

const MINUTE = 60_000;

/** Four WorkSpaces with Visio, and a policy that denies it. */
function worldOf(...policies: ReturnType<typeof policy>[]) {
  const workspaces = [1, 2, 3, 4].map((n) => workspace(ws(n)));
  const associations = workspaces.map(({ workspaceID }) => association(workspaceID, VISIO));
  const fleet = new FakeFleet({ workspaces, applications: APPLICATIONS, associations });
  return new FakeOperator(fleet, ...(policies.length > 0 ? policies : [policy()]));
}

/** Of which another policy takes one right before each run takes its own. */
class Contended extends DisassociationQuota {
  override async reserve(wanted: number, now: Date) {
    (await super.reserve(1, now)).take();
    return super.reserve(wanted, now);
  }
}

const disassociated = ({ fleet }: FakeOperator) =>
  fleet.mutations.filter(({ method }) => method === 'disassociateWorkspaceApplication').length;

describe('an hourly limit', () => {
  test('is made use of, said, and made use of again an hour later', async () => {
    const operator = worldOf();
    operator.quota = new DisassociationQuota(3, [], async () => {});
    await operator.pass(20 * MINUTE);
    expect(disassociated(operator)).toBe(3);
    const status = operator.statuses.get(policy().key);
    expect(status && condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'HourlyLimitReached' });
    expect(status?.summary?.[1]).toMatch(/HourlyLimitReached/);
    await operator.pass(50 * MINUTE);
    expect(disassociated(operator)).toBe(4);
  });

  test('is one for all policies, also if another took the rest since the plan was made', async () => {
    const operator = worldOf();
    operator.quota = new Contended(3, [], async () => {});
    const { outcome } = await operator.run();
    expect(disassociated(operator)).toBe(2);
    expect(outcome.held.map(({ reason }) => reason)).toEqual(['HourlyLimitReached']);
    expect(outcome.failures).toEqual([]);
  });

  test('that can’t be recorded lets nothing be disassociated', async () => {
    const operator = worldOf();
    operator.quota = new DisassociationQuota(3, [], () => Promise.reject(new Error('the API server is gone')));
    await expect(operator.run()).rejects.toThrow('the API server is gone');
    expect(disassociated(operator)).toBe(0);
  });
});

test('in a suspended fleet nothing is changed, also not what has begun', async () => {
  const operator = worldOf();
  operator.fleet.put(association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
  operator.limits = { ...NO_LIMITS, suspend: true };
  await operator.pass(20 * MINUTE);
  expect(operator.fleet.mutations).toEqual([]);
  expect(operator.statuses.get(policy().key)?.compliance).toMatchObject({ held: 4 });
  operator.limits = NO_LIMITS;
  await operator.pass(20 * MINUTE);
  expect(operator.statuses.get(policy().key)?.compliance).toMatchObject({ compliant: 4 });
});
