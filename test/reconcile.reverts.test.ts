import { describe, expect, test } from 'vitest';
import type { Association, WorkspaceConnection } from '../src/fleet/model.ts';
import type { Policy } from '../src/policy/policy.ts';
import type { PolicyStatus } from '../src/status/resource.ts';
import { association, OFFICE, PROJECT, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { VirtualClock } from './fakes/clock.ts';
import { DAY, HOUR, MINUTE } from './fixtures.ts';

type Spec = Parameters<typeof policy>[1];

const MANUAL = { rollout: { deploy: 'Manual' as const } };
const DENIES_VISIO = { ...MANUAL, applications: { denied: [{ id: VISIO }] } };
const REQUIRES_OFFICE = { ...MANUAL, applications: { required: [{ id: OFFICE }] } };
const KEEPS_ALL = { ...MANUAL, applications: { allowed: [{ id: VISIO }] } };
const EXCEPTION = {
  workspaceIDs: [ws(1)],
  application: { id: VISIO },
  reason: 'needs it',
  expiresAt: new Date(new VirtualClock().now().getTime() + DAY).toISOString(),
};

/** Returns the next version of a policy. */
function edited(spec: Spec, generation = 2): Policy {
  return { ...policy('p', spec), generation };
}

/** Returns an operator whose policy has started a change and shows it for five seconds first. */
async function begin(spec: Spec, associations = visioOnFirst(1), count = 1) {
  const fleet = fakeFleet(count, associations);
  const operator = new FakeOperator(fleet, policy('p', spec));
  operator.gracePeriodMs = 5_000;
  await operator.pass(MINUTE);
  return { fleet, operator };
}

const rowOf = (status: PolicyStatus | undefined, workspaceID = ws(1)) =>
  status?.associations?.find((one) => one.workspaceID === workspaceID);
const statusOf = (operator: FakeOperator) => operator.statuses.get('desktops/p');

/** Runs the policy once after the grace period and returns the Events of all runs since. */
async function runTwice(operator: FakeOperator, edit: Policy) {
  operator.policies = [edit];
  const first = await operator.run(edit);
  await operator.clock.advance(6_000);
  const second = await operator.run(edit);
  return { first, events: [...first.events, ...second.events], status: second.status };
}

const EDITS = [
  ['an exception', { ...DENIES_VISIO, exceptions: [EXCEPTION] }],
  ['an edit to allowed', KEEPS_ALL],
  ['an edit that removes the entry', { ...MANUAL, applications: { denied: [{ id: PROJECT }] } }],
  ['an edit that changes the selection', { ...DENIES_VISIO, workspaceSelector: { workspaceIDs: [ws(2)] } }],
] as const satisfies [string, Spec][];

describe.each([false, true])(
  'a removal that the operator began and no policy requests, with a restart: %s',
  (restarts) => {
    test.each(EDITS)('is reverted after %s', async (_, spec) => {
      const { fleet, operator } = await begin(DENIES_VISIO, visioOnFirst(1), 2);
      expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
      expect(statusOf(operator)?.started).toMatchObject([
        { workspaceID: ws(1), applicationID: VISIO, action: 'Disassociate' },
      ]);
      if (restarts) {
        operator.restart();
      }
      const { first, events, status } = await runTwice(operator, edited(spec));
      expect(rowOf(first.status)).toMatchObject({ associatedResourceID: VISIO, action: 'Associate' });
      expect(first.status.summary?.join('\n')).toContain('associate (revert)');
      expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `associate ${ws(1)} ${VISIO}`]);
      expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
      expect(events.map(({ reason }) => reason)).toEqual(['Reverted']);
      expect(status.started).toBeUndefined();
      expect(rowOf(status)?.action ?? 'None').toBe('None');
      expect(condition(status, 'Compliant')).toMatchObject({ status: 'True' });
      await operator.pass(2 * HOUR);
      expect(fleet.mutations).toHaveLength(2);
    });
  },
);

describe.each([false, true])('an installation that the operator began, with a restart: %s', (restarts) => {
  test.each([
    ['no list names the application', { ...MANUAL, applications: { denied: [{ id: PROJECT }] } }],
    ['the application is allowed', { ...MANUAL, applications: { allowed: [{ id: OFFICE }] } }],
    ['the WorkSpace is not selected', { ...REQUIRES_OFFICE, workspaceSelector: { workspaceIDs: [ws(2)] } }],
  ] as const satisfies [string, Spec][])('is reverted when %s', async (_, spec) => {
    const { fleet, operator } = await begin(
      { ...REQUIRES_OFFICE, workspaceSelector: { workspaceIDs: [ws(1)] } },
      [association(ws(2), OFFICE)],
      2,
    );
    expect(fleet.stateOf(ws(1), OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
    if (restarts) {
      operator.restart();
    }
    const { events, status } = await runTwice(operator, edited(spec));
    expect(fleet.changes()).toEqual([`associate ${ws(1)} ${OFFICE}`, `disassociate ${ws(1)} ${OFFICE}`]);
    expect(fleet.stateOf(ws(1), OFFICE)).toBe('REMOVED');
    expect(events.map(({ reason }) => reason)).toEqual(['Reverted']);
    expect(status.started).toBeUndefined();
    // The application was never installed, so this is no removal.
    expect(status.recentRemovals).toBeUndefined();
    await operator.pass(2 * HOUR);
    expect(fleet.mutations).toHaveLength(2);
  });
});

test('a user who connects before the deployment keeps the application', async () => {
  const lastConnected = (hours: number): WorkspaceConnection => ({
    workspaceID: ws(1),
    connectionState: 'DISCONNECTED',
    lastKnownUserConnectionTimestamp: new Date(new VirtualClock().now().getTime() - hours * HOUR),
  });
  const fleet = fakeFleet(1, visioOnFirst(1), { connections: [lastConnected(61 * 24)] });
  const unused = policy('p', { ...DENIES_VISIO, workspaceSelector: { lastConnectedBefore: '60d' } });
  const operator = new FakeOperator(fleet, unused);
  operator.gracePeriodMs = 5_000;
  await operator.pass(MINUTE);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
  fleet.putConnection(lastConnected(-1));
  await operator.pass(HOUR);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  expect(statusOf(operator)?.associations).toEqual([]);
});

describe('a revert', () => {
  test('gives way to the removal again after the exception expires', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    await runTwice(operator, edited({ ...DENIES_VISIO, exceptions: [EXCEPTION] }));
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
    await operator.pass(DAY + HOUR);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
  });

  test('is not made if the WorkSpace is selected again within five seconds', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    const outside = edited({ ...DENIES_VISIO, workspaceSelector: { workspaceIDs: [ws(2)] } });
    operator.policies = [outside];
    await operator.run(outside);
    const inside = edited(DENIES_VISIO, 3);
    operator.policies = [inside];
    await operator.pass(MINUTE);
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
    expect(rowOf(statusOf(operator))).toMatchObject({ action: 'Deploy', holdReason: 'ManualDeploy' });
  });

  test('is not made if another policy requests the removal', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    const keeps = edited({ ...MANUAL, applications: { denied: [{ id: PROJECT }] } });
    operator.policies = [keeps, policy('q', DENIES_VISIO)];
    await operator.pass(HOUR);
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
  });

  test.each([
    ['is made', {}, 'COMPLETED'],
    ['is not made', { team: 'a' }, 'PENDING_UNINSTALL_DEPLOYMENT'],
  ])(
    '%s if the tags of the WorkSpace are %j and another policy requests the removal by tag',
    async (_, tags, state) => {
      const { fleet, operator } = await begin(DENIES_VISIO, visioOnFirst(1), 2);
      fleet.putTags(ws(1), tags);
      const other = policy('q', { ...DENIES_VISIO, workspaceSelector: { tags: { matchTags: { team: 'a' } } } });
      operator.policies = [edited({ ...DENIES_VISIO, workspaceSelector: { workspaceIDs: [ws(2)] } }), other];
      await operator.pass(HOUR);
      expect(fleet.stateOf(ws(1), VISIO)).toBe(state);
    },
  );

  test('also follows a change that a process made right before it ended', async () => {
    const { fleet, operator } = await begin({ ...DENIES_VISIO, rollout: { deploy: 'Manual' } });
    const restored = new FakeOperator(fleet, edited({ ...DENIES_VISIO, exceptions: [EXCEPTION] }));
    // The last status shows the change as due.
    const [row = {}] = statusOf(operator)?.associations ?? [];
    const { started: _, ...status } = statusOf(operator) ?? {};
    restored.statuses.set('desktops/p', {
      ...status,
      associations: [{ ...row, action: 'Disassociate', state: 'COMPLETED', holdReason: undefined }],
    } as unknown as PolicyStatus);
    restored.gracePeriodMs = 5_000;
    await restored.pass(MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  });

  test.each([
    ['suspended', { ...KEEPS_ALL, suspend: true }, 'Suspended'],
    ['only audited', { ...KEEPS_ALL, enforcement: 'Audit' as const }, 'Audit'],
  ])('waits while the policy is %s', async (_, spec, holdReason) => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    operator.policies = [edited(spec)];
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
    expect(rowOf(statusOf(operator))).toMatchObject({ action: 'Associate', holdReason });
    expect(statusOf(operator)?.summary?.join('\n')).toContain(`associate (revert, ${holdReason})`);
  });

  test('waits while the WorkSpace has the tag wsap.dev/protect', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    fleet.putTags(ws(1), { 'wsap.dev/protect': '' });
    operator.policies = [edited(KEEPS_ALL)];
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
    expect(rowOf(statusOf(operator))).toMatchObject({ action: 'Associate', holdReason: 'Protected' });
  });

  test('needs no approval, window, or budget, and ignores connected users', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    fleet.putConnection({ workspaceID: ws(1), connectionState: 'CONNECTED' });
    await runTwice(
      operator,
      edited({
        enforcement: 'Approve',
        applications: { allowed: [{ id: VISIO }], denied: [{ id: PROJECT }] },
        rollout: { maintenanceWindows: [{ cron: '0 3 1 1 *', duration: '1h' }] },
        safeguards: { maxAffectedWorkspaces: 1 },
      }),
    );
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `associate ${ws(1)} ${VISIO}`]);
    expect(statusOf(operator)?.plan?.id).toBeUndefined();
  });

  test('comes before a deployment of other changes of the WorkSpace, also with unmanagedPendingChanges: Deploy', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO, [association(ws(1), VISIO), association(ws(1), PROJECT)]);
    operator.policies = [
      edited({
        applications: { allowed: [{ id: VISIO }], denied: [{ id: PROJECT }] },
        safeguards: { maxAffectedWorkspaces: '100%', unmanagedPendingChanges: 'Deploy' },
      }),
    ];
    await operator.pass(HOUR);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
    expect(fleet.stateOf(ws(1), PROJECT)).toBe('REMOVED');
    expect(fleet.changes()).toEqual([
      `disassociate ${ws(1)} ${VISIO}`,
      `associate ${ws(1)} ${VISIO}`,
      `disassociate ${ws(1)} ${PROJECT}`,
      `deploy ${ws(1)}`,
    ]);
  });

  test('is what the changes of another policy wait for', async () => {
    const { operator } = await begin(DENIES_VISIO, [association(ws(1), VISIO), association(ws(1), PROJECT)]);
    const other = policy('q', { applications: { denied: [{ id: PROJECT }] } });
    operator.policies = [edited(KEEPS_ALL), other];
    const { status } = await operator.run(other);
    expect(rowOf(status)).toMatchObject({ associatedResourceID: PROJECT, holdReason: 'UnmanagedChangesPending' });
    expect(rowOf(status)?.message).toContain(
      `a change that the operator began and that no policy requests: ${VISIO} (PENDING_UNINSTALL_DEPLOYMENT); ` +
        'the wait ends when the operator reverts it, or someone deploys or reverts it manually',
    );
    await operator.pass(HOUR);
    expect(operator.fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
    expect(operator.fleet.stateOf(ws(1), PROJECT)).toBe('REMOVED');
  });

  test('is not what they wait for if its policy uses another fleet', async () => {
    const { operator } = await begin(DENIES_VISIO, [association(ws(1), VISIO), association(ws(1), PROJECT)]);
    const other = policy('q', { applications: { denied: [{ id: PROJECT }], allowed: [{ id: VISIO }] } });
    operator.policies = [other];
    const { status } = await operator.run(other);
    const messageOf = (id: string) =>
      status.associations?.find(({ associatedResourceID }) => associatedResourceID === id)?.message;
    expect(messageOf(PROJECT)).toContain('a change that no policy requests');
    expect(messageOf(PROJECT)).toContain('deploy or revert it manually');
    expect(messageOf(VISIO)).toContain('a removal is pending that no policy requests');
  });

  test.each<[Spec, Association[], Spec, string]>([
    [DENIES_VISIO, visioOnFirst(1), KEEPS_ALL, 'The removal of Microsoft Visio LTSC Professional 2021'],
    [REQUIRES_OFFICE, [], { ...MANUAL, applications: { allowed: [{ id: OFFICE }] } }, 'The installation of'],
  ])('that is on hold leaves the change pending, and its Event says so', async (spec, found, edit, what) => {
    const { operator } = await begin(spec, found);
    operator.limits = { ...operator.limits, suspend: true };
    const { first } = await runTwice(operator, edited(edit));
    expect(first.events).toMatchObject([{ type: 'Normal', reason: 'FleetSuspended' }]);
    expect(first.events[0]?.message).toMatch(new RegExp(`^${what}.* stays pending on ${ws(1)}.*: the WorkspaceFleet`));
  });

  test('is not made for a restored object, which did not begin the change', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    operator.restart();
    operator.recreate(policy('p', KEEPS_ALL), true);
    const { status } = await operator.run();
    // The list of the earlier object is emptied first, because the operator doesn't own it.
    expect(status.started).toEqual([]);
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
    expect(statusOf(operator)?.started).toBeUndefined();
    expect(rowOf(statusOf(operator))).toMatchObject({ action: 'None' });
  });

  test('follows a disassociation whose response was lost', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
    const operator = new FakeOperator(fleet, policy('p', DENIES_VISIO));
    await operator.run();
    operator.policies = [edited(KEEPS_ALL)];
    await operator.pass(HOUR);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  });

  test('is not made if AWS omits the application, because an entry may name it', async () => {
    const named = { ...MANUAL, applications: { denied: [{ name: 'Microsoft Visio*' }] } };
    const { fleet, operator } = await begin(named);
    const all = fleet.describeApplications.bind(fleet);
    fleet.describeApplications = async (query) =>
      (await all(query)).filter(({ applicationID }) => applicationID !== VISIO);
    await operator.pass(HOUR);
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
  });

  test('is not made outside the directories of the fleet', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    operator.limits = { ...operator.limits, directoryIDs: new Set(['d-0000000000']) };
    operator.policies = [edited({ ...DENIES_VISIO, workspaceSelector: { directoryIDs: ['d-0000000000'] } })];
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
    expect(rowOf(statusOf(operator))).toBeUndefined();
  });

  test('is not made after the policy was deleted', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    operator.shared.history.forget('desktops/p');
    operator.policies = [policy('q', KEEPS_ALL)];
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
  });
});

describe('a pending change that someone else made and no policy requests', () => {
  test.each([
    ['PENDING_UNINSTALL_DEPLOYMENT', 'a removal is pending'],
    ['PENDING_INSTALL_DEPLOYMENT', 'an installation is pending'],
  ])('in %s is shown with what to do, and the WorkSpace is not compliant', async (state, message) => {
    const fleet = fakeFleet(1, [association(ws(1), VISIO, { state })]);
    const operator = new FakeOperator(fleet, policy('p', KEEPS_ALL));
    await operator.pass(HOUR);
    expect(fleet.mutations).toEqual([]);
    const status = statusOf(operator);
    expect(rowOf(status)).toMatchObject({ action: 'None', message: expect.stringContaining(message) });
    expect(status?.compliance).toMatchObject({ compliant: 0, drifted: 1, held: 0, failed: 0 });
    expect(condition(status ?? {}, 'Compliant')).toMatchObject({ status: 'False', reason: 'Drifted' });
  });

  test('is not reverted if someone else began it again after the operator did', async () => {
    const first = new Date('2026-01-01T00:00:00Z');
    const { fleet, operator } = await begin(DENIES_VISIO, [association(ws(1), VISIO, { lastUpdatedTime: first })]);
    fleet.put(
      association(ws(1), VISIO, {
        state: 'PENDING_UNINSTALL_DEPLOYMENT',
        lastUpdatedTime: new Date(first.getTime() + 10 * MINUTE),
      }),
    );
    operator.policies = [edited(KEEPS_ALL)];
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(1);
    expect(rowOf(statusOf(operator))).toMatchObject({ action: 'None' });
    expect(statusOf(operator)?.started).toBeUndefined();
  });
});

describe('a started change on a WorkSpace with an unknown value', () => {
  const DIRECTORY = { directoryIDs: ['d-9a67b1c4e2'] };

  test('is not reverted while the selection is undecided, also after a restart', async () => {
    const { fleet, operator } = await begin({ ...DENIES_VISIO, workspaceSelector: DIRECTORY });
    fleet.putWorkspace(workspace(ws(1), { directoryID: undefined }));
    operator.restart();
    const spec = { ...DENIES_VISIO, workspaceSelector: DIRECTORY, exceptions: [EXCEPTION] };
    const { status } = await runTwice(operator, edited(spec));
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
    expect(status.started).toHaveLength(1);
    expect(status.associations).toEqual([]);
    fleet.putWorkspace(workspace(ws(1)));
    await operator.pass(10 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  });

  test('is not reverted while AWS omits the name of the application that a list names', async () => {
    const byName = { ...MANUAL, applications: { denied: [{ name: 'Microsoft Visio*' }] } };
    const { fleet, operator } = await begin(byName);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    const describeApplications = fleet.describeApplications.bind(fleet);
    fleet.describeApplications = async (query) =>
      (await describeApplications(query)).map((one) => ({ ...one, name: undefined }));
    await operator.clock.advance(15 * MINUTE);
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations).toHaveLength(1);
  });

  test('is not reverted while another policy that might request it is undecided', async () => {
    const { fleet, operator } = await begin(DENIES_VISIO);
    fleet.putWorkspace(workspace(ws(1), { directoryID: undefined }));
    const other = policy('other', { ...DENIES_VISIO, workspaceSelector: DIRECTORY });
    operator.policies = [edited({ ...MANUAL, applications: { denied: [{ id: PROJECT }] } }), other];
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations).toHaveLength(1);
    fleet.putWorkspace(workspace(ws(1), { directoryID: 'd-0000000000' }));
    await operator.pass(10 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  });
});

test('a revert with enforcement: Approve is not part of a proposal and needs no approval', async () => {
  const { fleet, operator } = await begin(DENIES_VISIO);
  const revision = statusOf(operator)?.planRevision;
  const edit = edited({ ...DENIES_VISIO, enforcement: 'Approve', exceptions: [EXCEPTION] });
  const { first, events, status } = await runTwice(operator, edit);
  expect(first.status.plan).toMatchObject({ held: 0, associate: 1 });
  expect([first.status.plan?.id, first.status.planRevision]).toEqual([undefined, revision]);
  expect(events.map(({ reason }) => reason)).toEqual(['Reverted']);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
  expect(status.history?.[0]?.plan ?? '').not.toBe(first.status.lastApprovedPlan ?? 'none');
});

test('the history names no plan for a run that only reverts changes while a plan awaits its approval', async () => {
  const { operator } = await begin(DENIES_VISIO, [association(ws(1), VISIO), association(ws(1), PROJECT)]);
  const edit = edited({
    enforcement: 'Approve',
    applications: { denied: [{ id: PROJECT }], allowed: [{ id: VISIO }] },
    safeguards: { maxAffectedWorkspaces: '100%' },
  });
  const { status } = await runTwice(operator, edit);
  expect(status.plan?.id).toBeDefined();
  expect(status.history?.[0]).toMatchObject({ plan: '', associated: 1 });
});

test('reverted installations do not count toward the safeguard', async () => {
  const { fleet, operator } = await begin(REQUIRES_OFFICE, [], 2);
  expect(fleet.stateOf(ws(2), OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
  const edit = edited({
    ...MANUAL,
    safeguards: { maxAffectedWorkspaces: 1 },
    applications: { allowed: [{ id: OFFICE }] },
  });
  await runTwice(operator, edit);
  expect([1, 2].map((n) => fleet.stateOf(ws(n), OFFICE))).toEqual(['REMOVED', 'REMOVED']);
});
