import { afterEach, expect, test } from 'vitest';
import { association, OFFICE, PROJECT, policyObject, ws } from '../builders.ts';
import { fakeFleet } from '../fakeOperator.ts';
import { HOUR, MINUTE } from '../fixtures.ts';
import { EventfulOperator } from './eventbridge/eventfulOperator.ts';

const WORKSPACES = 6_000;
/** With this rate, the inventory of all WorkSpaces takes about 100 minutes, which is 10 times the interval of the policy. */
const REQUESTS_PER_MINUTE = 7;

let operator: EventfulOperator;

afterEach(() => operator.runtime.close());

test('after an inventory that takes longer than the interval, the status shows when the next one starts', async () => {
  const allowed = [{ id: OFFICE }, { id: PROJECT }];
  const associations = Array.from({ length: WORKSPACES }, (_, n) =>
    allowed.map(({ id }) => association(ws(n + 1), id)),
  ).flat();
  operator = new EventfulOperator(fakeFleet(WORKSPACES, associations), {
    hasEvents: false,
    policies: [policyObject('no-visio', { applications: { allowed, unlisted: 'Disassociate' } })],
    requestsPerMinute: REQUESTS_PER_MINUTE,
  });
  const startedAt = operator.clock.now().getTime();
  await operator.until(() => operator.policyStatus()?.compliance !== undefined, 3 * HOUR, MINUTE);
  await operator.advance(10 * MINUTE, MINUTE);
  const { calls } = operator;
  const { effectiveInterval, nextSyncTime = '' } = operator.policyStatus() ?? {};
  // A renewal takes the same calls, and uses at most a quarter of the rate.
  const shortest = ((calls.count - 10) * 4 * MINUTE) / REQUESTS_PER_MINUTE;
  const untilNextSync = Date.parse(nextSyncTime) - startedAt;
  expect(untilNextSync / HOUR).toBeGreaterThanOrEqual(shortest / HOUR);
  expect(untilNextSync / HOUR).toBeLessThan((1.1 * shortest) / HOUR);
  expect(effectiveInterval).toMatch(/^6h5\dm$/);

  const before = calls.count;
  await operator.until(() => calls.count > before, 24 * HOUR, MINUTE);
  expect(Math.abs(operator.clock.now().getTime() - Date.parse(nextSyncTime))).toBeLessThanOrEqual(2 * MINUTE);
});
