import { expect, test } from 'vitest';
import { parsePolicy } from '../src/policy/parse.ts';
import type { Policy } from '../src/policy/policy.ts';
import { policy, policyObject, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { HOUR, MINUTE, VISIO } from './fixtures.ts';

const SAFEGUARDS = { maxAffectedWorkspaces: '20%' };

/** Returns an operator that has counted 20 WorkSpaces and restarts. Afterward, `count` WorkSpaces have Visio. */
async function restarted(count: number, denying: Policy = policy('p', { safeguards: SAFEGUARDS })) {
  const fleet = fakeFleet(20, []);
  const operator = new FakeOperator(fleet, denying);
  await operator.run();
  visioOnFirst(count).forEach((one) => void fleet.put(one));
  operator.restart();
  const listings = () => {
    let calls = 0;
    const describe = fleet.describeWorkspaces.bind(fleet);
    fleet.describeWorkspaces = (query) => {
      calls += Number('all' in query);
      return describe(query);
    };
    return () => calls;
  };
  return { fleet, operator, listings: listings() };
}

test('the recorded count serves percentages after a restart', async () => {
  const { fleet, operator, listings } = await restarted(4);
  const { status } = await operator.run();
  expect(listings()).toBe(0);
  expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2), ws(3), ws(4)]);
  expect(status.compliance).toMatchObject({ selected: 20, compliant: 16 });
});

test('the recorded count permits no more than its share', async () => {
  const { fleet, operator } = await restarted(5);
  const { status } = await operator.run();
  expect(fleet.mutations).toEqual([]);
  expect(condition(status, 'Ready')?.reason).toBe('SafeguardExceeded');
});

test('the WorkSpaces are listed once no change is due', async () => {
  const { operator, listings } = await restarted(1);
  await operator.pass(2 * HOUR);
  expect(listings()).toBeGreaterThan(0);
});

test.each<[string, (operator: FakeOperator, denying: Policy) => void]>([
  ['another generation', (operator, denying) => (operator.policies = [{ ...denying, generation: 2 }])],
  ['another object', (operator, denying) => operator.recreate(denying, true)],
  [
    'another fleet',
    (operator, { key }) => {
      const status = operator.statuses.get(key) ?? expect.unreachable();
      operator.statuses.set(key, { ...status, fleet: { name: 'other', accountID: '123456789012' } });
    },
  ],
  [
    'a boundary, which may have changed',
    (operator, denying) => {
      const workspaceSelector = { ...denying.workspaceSelector, boundary: new Set(['d-9a67b1c4e2']) };
      operator.policies = [{ ...denying, workspaceSelector }];
    },
  ],
  [
    'a selection by tags',
    (operator) => {
      const tagged = policyObject('p', {
        safeguards: SAFEGUARDS,
        workspaceSelector: { tags: { matchTags: { a: 'b' } } },
      });
      operator.policies = [parsePolicy(tagged)];
    },
  ],
])('the WorkSpaces are counted again for %s', async (_, change) => {
  const denying = policy('p', { safeguards: SAFEGUARDS });
  const { operator, listings } = await restarted(4, denying);
  change(operator, denying);
  await operator.run();
  expect(listings()).toBe(1);
});

test('the WorkSpaces are counted again after a day', async () => {
  const { operator, listings } = await restarted(4);
  await operator.clock.advance(24 * HOUR);
  await operator.run();
  expect(listings()).toBe(1);
});

test('a requested reconciliation counts the WorkSpaces again', async () => {
  const { operator, listings } = await restarted(4);
  operator.requestedAt = 'now';
  await operator.clock.advance(MINUTE);
  await operator.run();
  expect(listings()).toBe(1);
});

test('a removal that the earlier process made counts although its WorkSpace has no matching application', async () => {
  const fleet = fakeFleet(20, visioOnFirst(1));
  const denying = policy('p', { safeguards: SAFEGUARDS });
  const operator = new FakeOperator(fleet, denying);
  operator.gracePeriodMs = 5_000;
  const { status } = await operator.run();
  await operator.clock.advance(5_000);
  await operator.run();
  await operator.pass(10 * MINUTE);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  fleet.drop(ws(1), VISIO);
  // The process was killed before it wrote the removal to the status.
  operator.statuses.set(denying.key, status);
  operator.restart();
  expect((await operator.run()).status.recentRemovals).toMatchObject([{ workspaceID: ws(1) }]);
});
