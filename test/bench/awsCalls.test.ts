import { expect, test } from 'vitest';
import {
  measureConnectedUsers,
  measureRemovals,
  measureRestart,
  measureSmallPolicies,
  measureSmallRollout,
} from './awsCalls.ts';

test('a removal within a rollout takes at most 4.6 calls', async () => {
  expect((await measureRemovals()).callsPerRemoval).toBeLessThanOrEqual(4.6);
});

test('60 removals from 200 WorkSpaces take fewer calls than reading every WorkSpace', async () => {
  expect((await measureSmallRollout()).calls).toBeLessThan(319);
});

test('many policies for few WorkSpaces take the calls of one, and the estimate shows them', async () => {
  const { calls, estimated, ratio } = await measureSmallPolicies(100);
  expect(ratio).toBeLessThanOrEqual(1.1);
  expect(Math.abs(estimated - calls)).toBeLessThanOrEqual(0.1 * calls);
});

test('after a restart, a policy that denies an application acts without a listing of all WorkSpaces', async () => {
  const { firstRun, afterRestart, changes, selected } = await measureRestart();
  expect(firstRun - afterRestart).toBeGreaterThan(350);
  expect(changes).toBeGreaterThan(0);
  expect(selected).toBe(10_000);
});

test('with maxInProgress: 1, the first change comes within a minute although 199 of 200 users are connected', async () => {
  expect((await measureConnectedUsers(1)).seconds).toBeLessThan(60);
});
