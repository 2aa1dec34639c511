import { expect, test } from 'vitest';
import { invalidStatus, notEvaluatedStatus, notPermittedStatus } from '../../src/status/notEvaluated.ts';
import { recentRemovalsOf, removalsIn } from '../../src/status/recentRemovals.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import { APPLICATIONS, association, policy, VISIO, workspace, ws } from '../builders.ts';
import { FakeOperator } from '../fakeOperator.ts';
import { FakeFleet } from '../fakes/fleet.ts';

const NOW = new Date('2026-11-02T12:00:00Z');
const REMOVAL = { workspaceID: ws(1), applicationID: VISIO, times: ['2026-11-02T10:00:00Z', '2026-11-02T11:00:00Z'] };

/** Status as version 0.1 wrote it. */
const OLD = {
  observedGeneration: 1,
  recentRemovals: [`${ws(1)} ${VISIO} 2026-11-02T10:00:00Z 2026-11-02T11:00:00Z`],
  associations: [{ workspaceId: ws(1), associatedResourceId: VISIO, verdict: 'Denied', action: 'Disassociate' }],
  applications: [{ applicationId: VISIO, verdict: 'Denied', associated: 1, removing: 0, installing: 0 }],
  workspaces: ['WORKSPACE  USER'],
} as unknown as PolicyStatus;

test('removals are read as they were written', () => {
  const removals = [{ id: { workspaceID: ws(1), applicationID: VISIO }, times: REMOVAL.times.map(Date.parse) }];
  expect(recentRemovalsOf(removals)).toEqual([REMOVAL]);
  expect(removalsIn(recentRemovalsOf(removals))).toEqual(removals);
});

test.each<[string, unknown, number]>([
  ['none', undefined, 0],
  ['not a list', 'x', 0],
  ['strings', [`${ws(1)} ${VISIO} 2026-11-02T10:00:00Z`, ''], 0],
  ['null', [null], 0],
  ['without times', [{ workspaceID: ws(1), applicationID: VISIO }], 0],
  ['with a time that is none', [{ ...REMOVAL, times: ['yesterday'] }], 0],
  ['one of them readable', ['x', REMOVAL, {}], 1],
])('removals that cannot be read are ignored: %s', (_, stored, count) => {
  expect(removalsIn(stored as PolicyStatus['recentRemovals'])).toHaveLength(count);
});

test('a policy is evaluated whatever version 0.1 left in its status', async () => {
  const fleet = new FakeFleet({
    workspaces: [workspace(ws(1))],
    applications: APPLICATIONS,
    associations: [association(ws(1), VISIO)],
  });
  const operator = new FakeOperator(fleet, policy());
  operator.statuses.set(policy().key, OLD);
  const { status } = await operator.run();
  expect(status.associations).toMatchObject([{ workspaceID: ws(1), associatedResourceID: VISIO }]);
});

test('entries that the CRD rejects are not carried over', () => {
  const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };
  const blocker = { reason: 'AccessDenied', message: 'no', terminal: true };
  for (const status of [
    notEvaluatedStatus(policy(), annotations, OLD, blocker, NOW),
    invalidStatus(1, annotations, OLD, 'x', NOW),
    notPermittedStatus(1, annotations, OLD, blocker, NOW),
  ]) {
    expect(status.recentRemovals).toBeUndefined();
    expect(status.associations ?? []).toEqual([]);
    expect(status.applications ?? []).toEqual([]);
  }
});

test.each([
  ['counts for the same generation', 1, [2, undefined]],
  ['does not count after an edit, but shows that an operation failed', 2, [0, undefined]],
])('the number of retries of an earlier evaluation %s', (_, generation, retries) => {
  const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };
  const blocker = { reason: 'ReadFailed', message: 'no', terminal: false };
  const row = {
    associatedResourceID: VISIO,
    associatedResourceType: 'APPLICATION' as const,
    verdict: 'Denied' as const,
  };
  const associations = [
    { ...row, workspaceID: ws(1), action: 'Deploy' as const, state: 'ERROR', retries: 2 },
    { ...row, workspaceID: ws(2), action: 'Deploy' as const, state: 'ERROR' },
  ];
  const previous = { observedGeneration: 1, associations };
  const status = notEvaluatedStatus({ ...policy(), generation }, annotations, previous, blocker, NOW);
  expect(status.associations?.map((one) => one.retries)).toEqual(retries);
});
