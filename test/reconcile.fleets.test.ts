import { describe, expect, test } from 'vitest';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import { association, NO_LIMITS, policy, VISIO, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { MINUTE } from './fixtures.ts';

/** Returns an operator for four WorkSpaces with Visio. */
function setUp(...policies: ReturnType<typeof policy>[]) {
  return new FakeOperator(fakeFleet(4, visioOnFirst(4)), ...(policies.length > 0 ? policies : [policy()]));
}

/** A quota of which another policy takes one disassociation before each run. */
class Contended extends DisassociationQuota {
  override async reserve(wanted: number, now: Date) {
    (await super.reserve(1, now)).take();
    return super.reserve(wanted, now);
  }
}

const disassociations = ({ fleet }: FakeOperator) => fleet.callCount('disassociateWorkspaceApplication');

describe('the hourly limit', () => {
  test('holds removals until an hour later', async () => {
    const operator = setUp();
    operator.quota = new DisassociationQuota(3, [], async () => {});
    await operator.pass(20 * MINUTE);
    expect(disassociations(operator)).toBe(3);
    const status = operator.statuses.get(policy().key);
    expect(status && condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'HourlyLimitReached' });
    expect(status?.summary?.[1]).toMatch(/HourlyLimitReached/);
    await operator.pass(50 * MINUTE);
    expect(disassociations(operator)).toBe(4);
  });

  test('is shared by all policies, even after the plan', async () => {
    const operator = setUp();
    operator.quota = new Contended(3, [], async () => {});
    const { outcome } = await operator.run();
    expect(disassociations(operator)).toBe(2);
    expect(outcome.held.map(({ reason }) => reason)).toEqual(['HourlyLimitReached']);
    expect(outcome.failures).toEqual([]);
  });

  test("allows no disassociation if the count can't be saved", async () => {
    const operator = setUp();
    operator.quota = new DisassociationQuota(3, [], () => Promise.reject(new Error('the API server is gone')));
    await expect(operator.run()).rejects.toThrow('the API server is gone');
    expect(disassociations(operator)).toBe(0);
  });
});

test('a suspended fleet makes no changes, not even for changes in progress', async () => {
  const operator = setUp();
  operator.fleet.put(association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
  operator.limits = { ...NO_LIMITS, suspend: true };
  await operator.pass(20 * MINUTE);
  expect(operator.fleet.mutations).toEqual([]);
  expect(operator.statuses.get(policy().key)?.compliance).toMatchObject({ held: 4 });
  operator.limits = NO_LIMITS;
  await operator.pass(20 * MINUTE);
  expect(operator.statuses.get(policy().key)?.compliance).toMatchObject({ compliant: 4 });
});
