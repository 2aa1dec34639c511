import { expect, test } from 'vitest';
import { FleetError } from '../../src/fleet/errors.ts';
import { ChangeHistory } from '../../src/history/changeHistory.ts';
import type { Change } from '../../src/plan/plan.ts';
import { association, guardedPlan, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const one = policy();
const planWith = (state: string) =>
  guardedPlan(one, [one], snapshot([workspace(ws(1))], [association(ws(1), VISIO, { state })]), NOW);
const [removal] = planWith('COMPLETED').changes;
const ID = { workspaceID: ws(1), applicationID: VISIO };
const NOTHING_TO_REMEMBER = { rememberFailed: () => {} };

function failedHistory(): ChangeHistory {
  const history = new ChangeHistory();
  const error = new FleetError({ kind: 'Unavailable', operation: 'DisassociateWorkspaceApplication', reason: 'lost' });
  history.backoff.failed([removal as Change], one, error, NOW);
  history.retries.count(ws(1), one, NOW);
  return history;
}

test('restores removals, retries, and failed operations, and keeps more recent retries', () => {
  const history = new ChangeHistory();
  const failed: string[] = [];
  const inventory = { rememberFailed: (operation: string) => failed.push(operation) };
  const recorded = {
    removals: [{ id: ID, times: [NOW.getTime()] }],
    retries: [{ association: association(ws(1), VISIO), count: 3, failed: 'Uninstall' as const }],
    started: [],
    generation: one.generation,
  };
  history.restore(one, recorded, inventory, NOW);
  expect(history.removals.timesOf(ID)).toEqual([NOW.getTime()]);
  expect(history.retries.get(ws(1), one)?.count).toBe(3);
  expect(failed).toEqual(['Uninstall']);
  history.retries.count(ws(1), one, NOW);
  history.restore(one, recorded, NOTHING_TO_REMEMBER, NOW);
  expect(history.retries.get(ws(1), one)?.count).toBe(4);
  expect(history.removals.timesOf(ID)).toHaveLength(1);
});

test.each([
  ['first', ['edited', 'other']],
  ['last', ['other', 'edited']],
] as const)('restores no retries for a policy that was edited since, although it is restored %s', (_, order) => {
  const history = new ChangeHistory();
  const retries = [{ association: association(ws(1), VISIO), count: 3, failed: undefined }];
  const policies = { edited: { ...policy('edited'), generation: 2 }, other: policy('other') };
  for (const name of order) {
    history.restore(policies[name], { removals: [], retries, started: [], generation: 1 }, NOTHING_TO_REMEMBER, NOW);
  }
  expect(history.retries.get(ws(1), policies.edited)).toBeUndefined();
  expect(history.retries.get(ws(1), policies.other)?.count).toBe(3);
});

test('keeps failures of changes that are pending, and removes them when the changes are complete', () => {
  const history = failedHistory();
  history.settle(one, planWith('COMPLETED'), snapshot([], []), NOW);
  expect([history.backoff.size, history.retries.get(ws(1), one)?.count]).toEqual([1, 1]);
  history.settle(one, planWith('REMOVED'), snapshot([], []), NOW);
  expect([history.backoff.size, history.retries.get(ws(1), one)]).toEqual([0, undefined]);
});

test('keeps failures on WorkSpaces of which the plan knows nothing', () => {
  const history = failedHistory();
  const undecided = [{ workspace: workspace(ws(1)), because: 'AWS reports no bundle' }];
  history.settle(one, { findings: [], undecided }, snapshot([], []), NOW);
  expect([history.backoff.size, history.retries.get(ws(1), one)?.count]).toEqual([1, 1]);
});

test('forgets the failures of a deleted policy, but not its removals', () => {
  const history = failedHistory();
  history.removals.record(ID, NOW.getTime(), one.key);
  history.forget(one.key);
  expect([history.backoff.size, history.retries.get(ws(1), one)]).toEqual([0, undefined]);
  expect(history.removals.timesOf(ID)).toHaveLength(1);
});

test('a view shows removals and retries as they were when it was taken', () => {
  const history = new ChangeHistory();
  history.removals.record(ID, NOW.getTime() - 60_000, one.key);
  const view = history.viewOf(ws(1), one, [VISIO]);
  history.removals.record(ID, NOW.getTime(), one.key);
  history.retries.count(ws(1), one, NOW);
  expect(view.removals.timesOf(ID)).toEqual([NOW.getTime() - 60_000]);
  expect(view.retries.get(ws(1), one)).toBeUndefined();
});
