import { describe, expect, test } from 'vitest';
import { auditedResult, verifyLines } from '../src/audit/verify.ts';
import type { FleetErrorKind } from '../src/fleet/errors.ts';
import { FleetError } from '../src/fleet/errors.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

function setUp(associations = [association(ws(1), VISIO)], spec: Parameters<typeof policy>[1] = {}) {
  const fleet = new FakeFleet({
    applications: APPLICATIONS,
    workspaces: [workspace(ws(1)), workspace(ws(2))],
    associations,
  });
  const operator = new FakeOperator(fleet, policy('no-visio', spec));
  operator.authors = {
    editedBy: { manager: 'argocd-controller', operation: 'Apply', time: '2026-01-05T09:00:00Z' },
    approvedBy: { manager: 'kubectl-annotate', operation: 'Update', time: '2026-01-05T09:30:00Z' },
  };
  return { fleet, operator };
}

/** Returns the changes of the log, which must be intact. */
function changesIn(operator: FakeOperator) {
  const { changes, problems } = verifyLines(operator.auditLog.lines);
  expect(problems).toEqual([]);
  return changes;
}

test('Each change is recorded once: who, what, why, and the states before and after it', async () => {
  const { fleet, operator } = setUp();
  await operator.run();
  expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
  const [disassociation, deployment, ...others] = changesIn(operator);
  expect(others).toEqual([]);
  expect(disassociation).toMatchObject({
    intent: {
      call: 'DisassociateWorkspaceApplication',
      workspaceID: ws(1),
      changes: [{ applicationID: VISIO, before: 'COMPLETED', desired: 'Absent', verdict: 'Denied', revert: false }],
      policy: { namespace: 'desktops', name: 'no-visio', uid: 'uid-of-no-visio', generation: 1 },
      editedBy: { manager: 'argocd-controller' },
      approvedBy: null,
      accountID: '123456789012',
      region: 'eu-central-1',
    },
    outcome: {
      result: 'Succeeded',
      confirmedByRead: false,
      after: [{ applicationID: VISIO, state: 'PENDING_UNINSTALL_DEPLOYMENT' }],
      error: null,
    },
  });
  expect(disassociation?.intent.changes[0]?.reason).toBe(`denied by id ${VISIO}`);
  expect(disassociation?.outcome?.requestIDs).toHaveLength(1);
  expect(deployment).toMatchObject({
    intent: {
      call: 'DeployWorkspaceApplications',
      changes: [{ applicationID: VISIO, before: 'PENDING_UNINSTALL_DEPLOYMENT', desired: 'Absent' }],
    },
    outcome: { result: 'Succeeded' },
  });
});

test('A deployment records the pending changes of others that it carries out', async () => {
  const { operator } = setUp(
    [association(ws(1), VISIO), association(ws(1), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
    { safeguards: { maxAffectedWorkspaces: '100%', unmanagedPendingChanges: 'Deploy' } },
  );
  await operator.run();
  expect(changesIn(operator).at(-1)?.intent.alsoPending).toEqual([
    { applicationID: OFFICE, state: 'PENDING_INSTALL_DEPLOYMENT' },
  ]);
});

test('An approved change records who approved which plan', async () => {
  const { operator } = setUp([association(ws(1), VISIO)], { enforcement: 'Approve' });
  const { status } = await operator.run();
  operator.approvedPlan = status.plan?.id;
  await operator.run();
  await operator.run();
  const [first] = changesIn(operator);
  expect(first?.intent).toMatchObject({ plan: status.plan?.id, approvedBy: { manager: 'kubectl-annotate' } });
});

test('The Events of changes name the plan, who approved it, and the requests in the records', async () => {
  const { operator } = setUp([association(ws(1), VISIO), association(ws(2), VISIO)], { enforcement: 'Approve' });
  const { status } = await operator.run();
  operator.approvedPlan = status.plan?.id;
  await operator.run();
  const { events } = await operator.run();
  const records = changesIn(operator);
  const requestIDsOf = (call: string) =>
    records.filter(({ intent }) => intent.call === call).flatMap(({ outcome }) => outcome?.requestIDs);
  const common = {
    'wsap.dev/generation': '1',
    'wsap.dev/plan': status.plan?.id,
    'wsap.dev/edited-by': 'argocd-controller',
    'wsap.dev/approved-by': 'kubectl-annotate',
  };
  const annotationsOf = (reason: string) => events.find((event) => event.reason === reason)?.annotations;
  expect(annotationsOf('Disassociated')).toEqual({
    ...common,
    'wsap.dev/request-ids': requestIDsOf('DisassociateWorkspaceApplication').join(','),
  });
  expect(annotationsOf('Deploying')).toEqual({
    ...common,
    'wsap.dev/request-ids': requestIDsOf('DeployWorkspaceApplications').join(','),
  });
  expect(records.map(({ outcome }) => outcome?.requestIDs.length)).toEqual([1, 1, 1, 1]);
});

test('The Event of a change without an approval names no approver', async () => {
  const { operator } = setUp();
  const { events, status } = await operator.run();
  const [{ outcome } = {}] = changesIn(operator);
  expect(events.find(({ reason }) => reason === 'Disassociated')?.annotations).toEqual({
    'wsap.dev/generation': '1',
    'wsap.dev/plan': status.plan?.id,
    'wsap.dev/edited-by': 'argocd-controller',
    'wsap.dev/request-ids': outcome?.requestIDs.join(','),
  });
});

const METHODS = ['disassociateWorkspaceApplication', 'deployWorkspaceApplications'] as const;
describe.each(METHODS)('A failed call (%s)', (method) => {
  test.each<[FleetErrorKind, string]>([
    ['AccessDenied', 'Rejected'],
    ['Throttled', 'Rejected'],
    ['ResourceInUse', 'Rejected'],
    ['Unavailable', 'Unknown'],
    ['UnknownError', 'Unknown'],
  ])('%s is recorded once, with its error', async (kind, result) => {
    const { fleet, operator } = setUp();
    fleet.failNext(method, kind);
    await operator.run();
    const change = changesIn(operator).at(-1);
    expect(change?.outcome).toMatchObject({ result, error: { kind } });
    expect(changesIn(operator)).toHaveLength(fleet.mutations.length);
  });

  test('has succeeded if the read after a lost response shows its effect', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext(method, 'Unavailable', { carriedOut: true });
    await operator.run();
    const changes = changesIn(operator);
    expect(changes).toHaveLength(fleet.mutations.length);
    const change = changes.find(({ intent }) => intent.call.toLowerCase().startsWith(method.slice(0, 6)));
    expect(change?.outcome).toMatchObject({ result: 'Succeeded', confirmedByRead: true, requestIDs: [] });
  });
});

test('A later read settles a change whose response and read were lost', async () => {
  const { fleet, operator } = setUp();
  fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  fleet.describeWorkspaceAssociations = (workspaceID) =>
    fleet.mutations.length > 0
      ? Promise.reject(new FleetError({ kind: 'Unavailable', operation: 'X', reason: 'lost' }))
      : read(workspaceID);
  await operator.run();
  expect(changesIn(operator).map(auditedResult)).toEqual(['Unknown']);
  fleet.describeWorkspaceAssociations = read;
  await operator.pass(10 * MINUTE);
  const [first, ...others] = changesIn(operator);
  expect(first).toMatchObject({ outcome: { result: 'Unknown' }, settlement: 'Applied' });
  expect(others.map(({ intent, outcome }) => `${intent.call} ${outcome?.result}`)).toEqual([
    'DeployWorkspaceApplications Succeeded',
  ]);
});

test('A change without an effect is settled before it is sent again', async () => {
  const { fleet, operator } = setUp();
  fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
  await operator.run();
  await operator.pass(10 * MINUTE);
  const [first, second] = changesIn(operator);
  expect(first).toMatchObject({ outcome: { result: 'Unknown' }, settlement: 'NotApplied' });
  expect(second).toMatchObject({
    intent: { call: 'DisassociateWorkspaceApplication' },
    outcome: { result: 'Succeeded' },
  });
});

test('A change whose precondition ends while its intent is written is not sent', async () => {
  const { fleet, operator } = setUp();
  const append = operator.auditLog.append.bind(operator.auditLog);
  operator.auditLog.append = async (lines) => {
    await append(lines);
    operator.mayAct = !lines.some((line) => line.includes('"kind":"Intent"'));
  };
  await operator.run();
  expect(fleet.mutations).toEqual([]);
  expect(changesIn(operator).map(({ outcome }) => outcome)).toMatchObject([{ result: 'NotSent', sentAt: null }]);
});

describe('An audit log that cannot be written', () => {
  const full = { error: new Error('ENOSPC: no space left on device'), written: 30 };

  test('stops all changes, and the status says why, until it can be written again', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO), association(ws(2), VISIO)], {
      safeguards: { maxAffectedWorkspaces: '100%' },
    });
    operator.auditLog.failures = Array.from({ length: 1_000 }, () => full);
    const { status } = await operator.run();
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AuditLogUnavailable' });
    expect(condition(status, 'Ready')?.message).toContain(
      "the audit log memory can't be written: ENOSPC: no space left on device; free space for it",
    );
    operator.auditLog.failures = [];
    await operator.pass(60 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
    expect(fleet.stateOf(ws(2), VISIO)).toBe('REMOVED');
    expect(changesIn(operator)).toHaveLength(fleet.mutations.length);
    expect(condition((await operator.run()).status, 'Stalled')).toBeUndefined();
  });

  test('after a call delays its outcome and all further changes', async () => {
    const { fleet, operator } = setUp();
    const append = operator.auditLog.append.bind(operator.auditLog);
    let isFull = false;
    operator.auditLog.append = async (lines) => {
      isFull ||= lines.some((line) => line.includes('"kind":"Outcome"'));
      if (isFull) {
        throw full.error;
      }
      await append(lines);
    };
    await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
    operator.auditLog.append = append;
    await operator.pass(60 * MINUTE);
    expect(changesIn(operator).map(auditedResult)).toEqual(['Succeeded', 'Succeeded']);
  });
});

test('A restarted process continues the log', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO), association(ws(2), VISIO)], {
    safeguards: { maxAffectedWorkspaces: '100%' },
    rollout: { maxInProgress: 1 },
  });
  await operator.run();
  operator.restart();
  await operator.pass(60 * MINUTE);
  expect(changesIn(operator)).toHaveLength(fleet.mutations.length);
  expect(verifyLines(operator.auditLog.lines)).toMatchObject({ chains: 2, problems: [] });
});
