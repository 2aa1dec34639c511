import { expect, test } from 'vitest';
import { DeploymentRetries } from '../../src/history/deploymentRetries.ts';
import { policy, ws } from '../builders.ts';

const MINUTE = 60_000;
const NOW = new Date('2026-11-02T12:00:00Z');

test('restored retries delay each policy by its own backoff from the failure, but at least while reads may lag behind', () => {
  const patient = policy('patient', { retry: { backoff: { duration: '30m', factor: 1 } } });
  const hasty = policy('hasty', { retry: { backoff: { duration: '2m', factor: 1 } } });
  const hastier = policy('hastier', { retry: { backoff: { duration: '20s', factor: 1 } } });
  const retries = new DeploymentRetries();
  for (const one of [patient, hasty, hastier]) {
    retries.restore(ws(1), one, 1, NOW);
  }
  const untilOf = (one: typeof patient) =>
    (retries.get(ws(1), one)?.lastAt.getTime() ?? 0) + one.retry.baseMs - NOW.getTime();
  expect([patient, hasty, hastier].map(untilOf)).toEqual([MINUTE, MINUTE, MINUTE / 3]);
  retries.count(ws(1), hasty, NOW);
  expect(retries.get(ws(1), patient)).toEqual({ count: 2, lastAt: NOW });
});

test.each([
  ['ascending', [1, 3]],
  ['descending', [3, 1]],
])('the highest of the restored counts applies, and retries of this process take precedence: %s', (_, counts) => {
  const retries = new DeploymentRetries();
  const policies = [policy('p'), policy('q')] as const;
  retries.restore(ws(1), policies[0], counts[0] ?? 0, NOW);
  retries.restore(ws(1), policies[1], counts[1] ?? 0, NOW);
  expect(policies.map((one) => retries.get(ws(1), one)?.count)).toEqual([3, 3]);
  retries.count(ws(1), policies[0], NOW);
  retries.restore(ws(1), policies[1], 9, NOW);
  expect(policies.map((one) => retries.get(ws(1), one)?.count)).toEqual([4, 4]);
});
