import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTHING_DONE, type Outcome } from '../../src/execute/outcome.ts';
import { ASSOCIATION_STATES, type Association } from '../../src/fleet/model.ts';
import { NO_APPROVAL } from '../../src/plan/approval.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { NO_ROLLOUT } from '../../src/plan/rollout.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { invalidStatus, notEvaluatedStatus } from '../../src/status/notEvaluated.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import { statusChanged } from '../../src/status/status.ts';
import {
  association,
  FLEET_LOCATION,
  guardedPlan,
  OFFICE,
  PROJECT,
  planInputs,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { assess, evaluatedStatus, planChanges } from '../completed.ts';
import { condition } from '../fakeOperator.ts';
import { MINUTE } from '../fixtures.ts';

const NOW = new Date('2026-11-02T12:00:00Z');

interface Given {
  readonly policy?: Policy;
  readonly others?: readonly Policy[];
  readonly size?: number;
  readonly previous?: PolicyStatus;
  readonly outcome?: Outcome;
  readonly now?: Date;
  readonly carriedOut?: string;
}

function statusOf(associations: readonly Association[], given: Given = {}): PolicyStatus {
  const {
    policy: first = policy(),
    others = [],
    size = 4,
    previous,
    outcome = NOTHING_DONE,
    now = NOW,
    carriedOut = 'a',
  } = given;
  const fleet = snapshot(
    Array.from({ length: size }, (_, i) => workspace(ws(i + 1))),
    associations,
  );
  const plan = guardedPlan(first, [first, ...others], fleet, now);
  return evaluatedStatus({ ...evaluation(first, plan, now), previous, outcome, carriedOut });
}

function evaluation(first: Policy, plan: Plan, now: Date) {
  return {
    policy: first,
    annotations: { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW },
    previous: undefined,
    location: FLEET_LOCATION,
    plan,
    assessments: assess(plan),
    outcome: NOTHING_DONE,
    approval: NO_APPROVAL,
    carriedOut: 'a',
    removals: [],
    started: [],
    restored: [],
    remembered: [],
    sources: [],
    unknownSources: undefined,
    blocker: undefined,
    limits: { callsPerSecond: 2, disassociationsPerHour: undefined },
    now,
    effectiveInterval: 0,
    deployments: { record: NO_ROLLOUT, progress: undefined, snapshot: snapshot([], []) },
    listedAt: now,
    nextSync: now,
  };
}

const visioIn = (state: string, n = 1) => association(ws(n), VISIO, { state });
const allowing = policy('q', { applications: { allowed: [{ id: VISIO }] } });

test('the record of approvals of another object is emptied in the same write, because omitting the fields would keep them', () => {
  const restored = { objectUID: 'another', lastHandledApproval: 'a', lastApprovedPlan: 'a', planRevision: 3 };
  const first = statusOf([], { previous: restored });
  expect(first).toMatchObject({
    objectUID: 'uid-of-no-visio',
    lastHandledApproval: '',
    lastApprovedPlan: '',
    planRevision: 0,
  });
  const second = statusOf([], { previous: first });
  expect(second).not.toHaveProperty('lastHandledApproval');
  expect(second).not.toHaveProperty('lastApprovedPlan');
});

test('the condition Ready shows what a plan waits for, however long its other remarks are', () => {
  const audit = policy('p', { enforcement: 'Audit' });
  const fleet = snapshot(
    Array.from({ length: 250 }, (_, i) => workspace(ws(i + 1))),
    [visioIn('COMPLETED')],
  );
  const given = evaluation(audit, guardedPlan(audit, [audit], fleet, NOW), NOW);
  const approval = { ...NO_APPROVAL, lastHandled: 'p'.repeat(64) };
  const request = { planID: 'p'.repeat(64), shownPlanID: undefined };
  const restored = [1, 2, 3, 4].map((n) => ({ workspaceID: ws(n), time: '2026-11-02T12:00:00Z' }));
  const unknownSources = `the sources of drift are unknown: ${'x'.repeat(400)}`;
  const unread = { workspace: workspace(ws(5)), because: 'x'.repeat(400) };
  const status = evaluatedStatus({
    ...given,
    annotations: { ...given.annotations, approval: request },
    plan: { ...given.plan, undecided: [unread] },
    approval,
    restored,
    unknownSources,
  });
  expect(condition(status, 'Ready')?.message).toContain('spec.enforcement is Audit');
  expect(condition(status, 'Ready')?.message).toContain('is ignored');
});

describe('compliance', () => {
  test.each<[string, Association[], Given, string, string]>([
    ['compliant without the application', [], {}, 'compliant', 'Compliant'],
    ['compliant after the removal', [visioIn('REMOVED')], {}, 'compliant', 'Compliant'],
    ['drifted before the first change', [visioIn('COMPLETED')], {}, 'drifted', 'Drifted'],
    ['held under Audit', [visioIn('COMPLETED')], { policy: policy('p', { enforcement: 'Audit' }) }, 'held', 'Audit'],
    ['in progress while AWS carries out a change', [visioIn('UNINSTALLING')], {}, 'inProgress', 'InProgress'],
    ['in progress before its deployment', [visioIn('PENDING_UNINSTALL_DEPLOYMENT')], {}, 'inProgress', 'InProgress'],
    ['held in a conflict', [visioIn('COMPLETED')], { others: [allowing] }, 'held', 'Conflict'],
    [
      'held in a conflict, for the policy that allows the application',
      [visioIn('COMPLETED')],
      { policy: allowing, others: [policy()] },
      'held',
      'Conflict',
    ],
    [
      'held while the policy is suspended',
      [visioIn('COMPLETED')],
      { policy: policy('p', { suspend: true }) },
      'held',
      'Suspended',
    ],
    ['failed in an unknown state', [visioIn('NEW_STATE')], {}, 'failed', 'Failed'],
  ])('a WorkSpace is %s', (_, associations, given, counted, reason) => {
    const status = statusOf(associations, { ...given, size: 1 });
    const zero = { compliant: 0, drifted: 0, inProgress: 0, held: 0, failed: 0 };
    const drifted = counted === 'compliant' ? 0 : 1;
    expect(status.compliance).toEqual({ selected: 1, ...zero, drifted, [counted]: 1 });
    expect(condition(status, 'Compliant')).toMatchObject({
      status: counted === 'compliant' ? 'True' : 'False',
      reason,
    });
  });

  test('without a selected WorkSpace, the policy is compliant with the reason NothingSelected', () => {
    expect(condition(statusOf([], { size: 0 }), 'Compliant')).toMatchObject({
      status: 'True',
      reason: 'NothingSelected',
    });
  });

  test('the numbers always add up, and every list is bounded', () => {
    const pairs = fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(VISIO, OFFICE, PROJECT),
        fc.constantFrom<string>(...ASSOCIATION_STATES, 'NEW_STATE'),
      ),
      { maxLength: 80, selector: ([n, application]) => `${n} ${application}` },
    );
    const allowList = policy('p', { applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' } });
    fc.assert(
      fc.property(
        pairs,
        fc.constantFrom(policy(), allowList),
        fc.constantFrom([], [allowing]),
        (given, first, others) => {
          const listed = given.map(([n, application, state]) => association(ws(n), application, { state }));
          const status = statusOf(listed, { policy: first, others, size: 40 });
          const { selected, compliant = 0, drifted = 0, ...subsets } = status.compliance ?? {};
          expect(compliant + drifted).toBe(selected);
          expect(Object.values(subsets).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(drifted);
          expect(status.associations?.length).toBeLessThanOrEqual(25);
          expect(status.summary?.length).toBeLessThanOrEqual(20);
          const concerned =
            first === allowList ? listed : listed.filter(({ applicationID }) => applicationID === VISIO);
          expect((status.associations?.length ?? 0) + (status.associationsOmitted ?? 0)).toBe(concerned.length);
        },
      ),
    );
  });
});

describe('the table', () => {
  test('is aligned, the most severe first', () => {
    const failed = association(ws(3), VISIO, {
      state: 'ERROR',
      stateReason: { errorCode: 'ValidationError.InsufficientMemory' },
    });
    const table = statusOf([
      visioIn('UNINSTALLING', 1),
      visioIn('REMOVED', 2),
      failed,
      visioIn('COMPLETED', 4),
    ]).summary;
    expect(table).toEqual([
      'WORKSPACE     USER                  APPLICATION                             STATE         NEXT',
      'ws-000000003  user-of-ws-000000003  Microsoft Visio LTSC Professional 2021  ERROR         manual action required (ValidationError.InsufficientMemory)',
      'ws-000000004  user-of-ws-000000004  Microsoft Visio LTSC Professional 2021  COMPLETED     disassociate',
      'ws-000000001  user-of-ws-000000001  Microsoft Visio LTSC Professional 2021  UNINSTALLING  wait for AWS',
      'ws-000000002  user-of-ws-000000002  Microsoft Visio LTSC Professional 2021  REMOVED       done',
      'rollout: 0 of 3 WorkSpaces changed, 2 remain, 1 failed, about 10s at the allowed rate',
    ]);
  });

  test('shows the number of omitted associations', () => {
    const table = statusOf(
      Array.from({ length: 30 }, (_, i) => visioIn('COMPLETED', i + 1)),
      { size: 30 },
    ).summary;
    expect(table).toHaveLength(20);
    expect(table?.slice(-2)).toEqual([
      'and 13 more',
      'rollout: 0 of 30 WorkSpaces changed, 30 remain, about 2m at the allowed rate',
    ]);
  });

  test('contains no control characters', () => {
    const fleet = snapshot([workspace(ws(1), { userName: 'eve\u001b[2J\u202e\n' })], [visioIn('COMPLETED')]);
    const plan = planChanges(policy(), [policy()], fleet, NOW, planInputs(policy()));
    const { summary, associations } = evaluatedStatus(evaluation(policy(), plan, NOW));
    expect(summary?.[1]).toContain('eve\uFFFD[2J\uFFFD\uFFFD');
    expect(associations?.[0]?.userName).toBe('eve\uFFFD[2J\uFFFD\uFFFD');
  });
});

test.each([
  [10 * MINUTE, undefined],
  [10 * MINUTE + 1, '11m'],
  [3_212_000, '54m'],
])('an effective interval of %i ms with an interval of 10 minutes is shown as %s', (effectiveInterval, expected) => {
  const fleet = snapshot([workspace(ws(1))], []);
  const first = policy('p', { interval: '10m' });
  const plan = guardedPlan(first, [first], fleet, NOW);
  expect(evaluatedStatus({ ...evaluation(first, plan, NOW), effectiveInterval }).effectiveInterval).toBe(expected);
});

describe('a condition', () => {
  test('keeps the time of its last transition', () => {
    const first = statusOf([visioIn('COMPLETED')]);
    const later = statusOf([visioIn('UNINSTALLING')], { previous: first, now: new Date('2026-11-02T13:00:00Z') });
    const last = statusOf([], { previous: later, now: new Date('2026-11-02T14:00:00Z') });
    const times = [first, later, last].map((status) => condition(status, 'Compliant')?.lastTransitionTime);
    expect(times).toEqual(['2026-11-02T12:00:00Z', '2026-11-02T12:00:00Z', '2026-11-02T14:00:00Z']);
  });

  test.each([
    ['Compliant', 'False', 'ApplicationNotFound', { required: [{ name: 'Microsoft Visoi*' }] }],
    ['Compliant', 'True', 'Compliant', { denied: [{ name: 'Microsoft Visoi*' }] }],
    ['ApplicationsResolved', 'False', 'ApplicationNotFound', { denied: [{ name: 'Microsoft Visoi*' }] }],
  ])('%s is %s (%s) if an entry matches no application', (type, is, reason, applications) => {
    expect(condition(statusOf([], { policy: policy('p', { applications }) }), type)).toMatchObject({
      status: is,
      reason,
      message: expect.stringMatching(type === 'ApplicationsResolved' ? /Microsoft Visoi\*/ : /4 of 4/),
    });
  });

  test('Compliant is False for both sides of a conflict', () => {
    const requiring = policy('q', { applications: { required: [{ id: VISIO }] } });
    for (const [first, other] of [
      [requiring, policy()],
      [policy(), requiring],
    ] as const) {
      const status = statusOf([visioIn('COMPLETED')], { policy: first, others: [other] });
      expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'Conflict' });
      expect(status.summary?.[1]).toMatch(/Conflict\)$/);
    }
    const without = statusOf([visioIn('REMOVED')], { policy: policy(), others: [requiring] });
    expect(condition(without, 'Compliant')).toMatchObject({ status: 'True' });
  });

  test.each([
    ['of a compliant policy', []],
    ['of a drifted policy', ['Reconciling']],
  ])('Reconciling and Stalled exist only while they are True: %s', (_, expected) => {
    const status = statusOf(expected.length === 0 ? [] : [visioIn('COMPLETED')]);
    expect(status.conditions?.map(({ type }) => type)).toEqual([
      'Ready',
      ...expected,
      'Compliant',
      'ApplicationsResolved',
    ]);
  });

  test.each([
    [true, ['Ready=False', 'Stalled=True']],
    [false, ['Ready=False', 'Reconciling=True']],
  ])('of a blocker that requires manual action (%s), Ready alone has the whole message', (terminal, expected) => {
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };
    const blocker = { reason: 'AccessDenied', message: 'the role lacks a permission; grant it', terminal };
    const status = notEvaluatedStatus(policy(), annotations, undefined, blocker, NOW);
    expect(status.conditions?.slice(0, 2).map((one) => `${one.type}=${one.status}`)).toEqual(expected);
    expect(JSON.stringify(status).match(/the role lacks a permission; grant it/g)).toHaveLength(1);
  });

  // Tools that use kstatus, for example, flux and kpt, print only this message.
  test.each([
    ['the role lacks a permission; grant it', 'the role lacks a permission; requires manual action, see Ready'],
    [
      `the role ${'x'.repeat(200)} lacks a permission`,
      `the role ${'x'.repeat(110)}…; requires manual action, see Ready`,
    ],
  ])('Stalled has the short cause of %j', (message, expected) => {
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };
    const blocker = { reason: 'AccessDenied', message, terminal: true };
    const status = notEvaluatedStatus(policy(), annotations, undefined, blocker, NOW);
    expect(condition(status, 'Stalled')).toMatchObject({ reason: 'AccessDenied', message: expected });
  });

  test('Reconciling has the short cause of a retry', () => {
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };
    const blocker = { reason: 'Unavailable', message: 'AWS does not respond; the operator retries', terminal: false };
    const status = notEvaluatedStatus(policy(), annotations, undefined, blocker, NOW);
    expect(condition(status, 'Reconciling')).toMatchObject({
      reason: 'ProgressingWithRetry',
      message: 'AWS does not respond; retrying, see Ready',
    });
  });

  test.each([
    [true, 'x'],
    [false, 'before'],
  ])('if the blocker requires manual action (%s), the requested reconciliation is handled: %s', (terminal, handled) => {
    const annotations = { reconcileRequestedAt: 'x', approval: undefined, receivedAt: NOW };
    const blocker = { reason: 'FleetNotFound', message: 'the fleet is gone', terminal };
    const status = notEvaluatedStatus(policy(), annotations, { lastHandledReconcileAt: 'before' }, blocker, NOW);
    expect(status.lastHandledReconcileAt).toBe(handled);
  });

  test('of an invalid policy is Stalled, and Ready has the problem', () => {
    const status = invalidStatus(
      7,
      { reconcileRequestedAt: 'x', approval: undefined, receivedAt: NOW },
      undefined,
      'spec.interval: must be a duration',
      NOW,
    );
    expect(status).toMatchObject({ observedGeneration: 7, lastHandledReconcileAt: 'x' });
    expect(condition(status, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'InvalidPolicy',
      message: 'spec.interval: must be a duration; requires manual action, see Ready',
    });
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'InvalidPolicy',
      message: 'spec.interval: must be a duration',
    });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'Unknown' });
  });
});

describe('a status is written', () => {
  const first = statusOf([visioIn('UNINSTALLING')]);
  const minutesLater = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
  const again = (minutes: number, state = 'UNINSTALLING') =>
    statusOf([visioIn(state)], { previous: first, now: minutesLater(minutes) });

  test.each([
    ['the first time', undefined, again(0), 0, true],
    ['not if only its times changed', first, again(59), 59, false],
    ['once an hour if only its times changed', first, again(60), 60, true],
    ['if its times are from before the clock was set back', first, again(-60), -60, true],
    ['if anything else changed', first, again(1, 'REMOVED'), 1, true],
  ])('%s', (_, previous, next, minutes, expected) => {
    expect(statusChanged(previous, next, minutesLater(minutes))).toBe(expected);
  });

  test('not if only the order of its fields changed', () => {
    const reordered = JSON.parse(
      JSON.stringify(
        first,
        Object.keys(JSON.parse(JSON.stringify(first)))
          .reverse()
          .concat(allKeys(first)),
      ),
    );
    expect(statusChanged(reordered, again(1), minutesLater(1))).toBe(false);
  });
});

describe('the history', () => {
  const made = (action: 'Disassociate' | 'Deploy'): Outcome => ({
    ...NOTHING_DONE,
    made: [{ action, workspace: workspace(ws(1)), findings: [], sentAt: NOW }],
  });

  test('adds up consecutive runs of one plan', () => {
    const first = statusOf([visioIn('PENDING_UNINSTALL_DEPLOYMENT')], { outcome: made('Disassociate') });
    const second = statusOf([visioIn('UNINSTALLING')], { outcome: made('Deploy'), previous: first });
    expect(second.history).toMatchObject([{ disassociated: 1, deployed: 1, failed: 0 }]);
  });

  test('keeps the last five runs', () => {
    let status: PolicyStatus | undefined;
    for (let n = 1; n <= 7; n++) {
      const one = association(ws(n), VISIO, { state: 'UNINSTALLING' });
      status = statusOf([one], {
        outcome: made('Deploy'),
        size: 10,
        carriedOut: `${n}`,
        ...(status && { previous: status }),
      });
    }
    expect(status?.history).toHaveLength(5);
  });
});

function allKeys(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, member]) => [key, ...allKeys(member)]);
}
