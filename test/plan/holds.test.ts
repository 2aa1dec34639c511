import { describe, expect, test } from 'vitest';
import type { Application, Association } from '../../src/fleet/model.ts';
import type { Attempt, Circumstances } from '../../src/plan/backoff.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/policy/policy.ts';
import {
  APPLICATIONS,
  association,
  guardedPlan,
  holdContext,
  NO_HISTORY,
  OFFICE,
  PROJECT,
  planInputs,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { planChanges, withHolds } from '../completed.ts';
import { NOW } from '../fixtures.ts';

interface Given {
  readonly policy?: Policy;
  readonly others?: readonly Policy[];
  readonly state?: string;
  readonly associations?: readonly Association[];
  readonly workspaceState?: string | undefined;
  readonly applicationState?: string | undefined;
  readonly backoff?: Readonly<Record<string, Partial<Attempt>>>;
  readonly isClaimedByOther?: (association: Association) => boolean;
  readonly size?: number;
  readonly moreApplications?: readonly Application[];
}

/** Returns the plan for one WorkSpace with Visio, which the policy denies, among `size` WorkSpaces without applications. */
function planFor(given: Given): Plan {
  const { policy: first = policy(), others = [], state = 'COMPLETED', size = 0, backoff = {} } = given;
  const workspaces = [
    workspace(ws(1), 'workspaceState' in given ? { state: given.workspaceState } : {}),
    ...Array.from({ length: size }, (_, i) => workspace(ws(i + 2))),
  ];
  const applications = APPLICATIONS.map((one) =>
    one.applicationID === VISIO && 'applicationState' in given ? { ...one, state: given.applicationState } : one,
  );
  const fleet = snapshot(
    workspaces,
    [association(ws(1), VISIO, { state }), ...(given.associations ?? [])],
    [...applications, ...(given.moreApplications ?? [])],
  );
  const plan = planChanges(first, [first, ...others], fleet, NOW, planInputs(first, ...others));
  return withHolds(
    plan,
    holdContext(plan, {
      policy: first,
      snapshot: fleet,
      now: NOW,
      history: { ...NO_HISTORY, backoff: new Map(Object.entries(backoff)) as ReadonlyMap<string, Attempt> },
      ...(given.isClaimedByOther !== undefined && { isClaimedByOther: given.isClaimedByOther }),
    }),
  );
}

/** Returns a policy with a maintenance window of four hours. */
const inWindow = (cron: string) => policy('p', { rollout: { maintenanceWindows: [{ cron, duration: '4h' }] } });

/** Returns a policy that removes applications in the final days of the month. */
const untilEndOfMonth = (rollout: object = {}, spec: object = {}) =>
  policy('p', { ...spec, rollout: { removeBefore: 'EndOfMonth', ...rollout } });

const reasonsIn = (plan: Plan) => plan.held.map(({ reason }) => reason);
const inTenMinutes = new Date('2026-11-02T12:10:00Z');

test('a permitted removal is not held', () => {
  const plan = planFor({});
  expect([...plan.held]).toEqual([]);
  expect([...plan.changes]).toMatchObject([{ action: 'Disassociate' }]);
});

describe('a removal is held', () => {
  test.each<[string, string, Given]>([
    ['Suspended', 'while the policy is suspended', { policy: policy('p', { suspend: true }) }],
    ['Audit', 'by Audit', { policy: policy('p', { enforcement: 'Audit' }) }],
    [
      'SafeguardExceeded',
      'over the limit',
      {
        policy: policy('p', { safeguards: { maxAffectedWorkspaces: 1 } }),
        associations: [association(ws(2), VISIO)],
        size: 1,
      },
    ],
    ['UninstallOnly', 'if it is irreversible', { applicationState: 'UNINSTALL_ONLY' }],
    ['UninstallOnly', 'if AWS does not report whether it is irreversible', { applicationState: undefined }],
    [
      'Conflict',
      'if policies contradict each other',
      { others: [policy('q', { applications: { allowed: [{ id: VISIO }] } })] },
    ],
    [
      'UnmanagedChangesPending',
      'while another install is pending',
      { associations: [association(ws(1), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' })] },
    ],
    [
      'UnmanagedChangesPending',
      'while another removal is pending',
      { associations: [association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })] },
    ],
    [
      'UninstallOnly',
      'if AWS does not report whether it is irreversible, even with allowUninstallOnly',
      { policy: policy('p', { safeguards: { allowUninstallOnly: true } }), applicationState: undefined },
    ],
    [
      'UnmanagedChangesPending',
      'while another association is in an unknown state, even with unmanagedPendingChanges: Deploy',
      {
        policy: policy('p', { safeguards: { unmanagedPendingChanges: 'Deploy' } }),
        associations: [association(ws(1), OFFICE, { state: 'PENDING_REPAIR' })],
      },
    ],
    [
      'UnmanagedChangesPending',
      'while another association is in an unknown state',
      { associations: [association(ws(1), OFFICE, { state: 'PENDING_REPAIR' })] },
    ],
    ['LicensePaid', 'before the final days of the month', { policy: untilEndOfMonth() }],
    [
      'LicensePaid',
      'before the final days, also outside the maintenance windows',
      { policy: untilEndOfMonth({ maintenanceWindows: [{ cron: '0 22 * * *', duration: '4h' }] }) },
    ],
    [
      'LicensePaid',
      'before its deployment, which was missed last month',
      { policy: untilEndOfMonth(), state: 'PENDING_UNINSTALL_DEPLOYMENT' },
    ],
    [
      'AwaitingApproval',
      'until it is approved, also before the final days',
      { policy: untilEndOfMonth({}, { enforcement: 'Approve' }) },
    ],
    [
      'ManualDeploy',
      'with deploy: Manual, also before the final days',
      { policy: untilEndOfMonth({ deploy: 'Manual' }), state: 'PENDING_UNINSTALL_DEPLOYMENT' },
    ],
    [
      'LicensePaid',
      'before the final days, also with Audit',
      { policy: untilEndOfMonth({}, { enforcement: 'Audit' }) },
    ],
    ['OutsideMaintenanceWindow', 'outside the maintenance windows', { policy: inWindow('0 22 * * *') }],
    ['WorkspaceNotReady', 'while the WorkSpace is being updated', { workspaceState: 'UPDATING' }],
    ['WorkspaceNotReady', 'if AWS reports no state', { workspaceState: undefined }],
    [
      'BackingOff',
      'after a failure',
      {
        backoff: {
          [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: { message: 'failed', retryAt: inTenMinutes },
        },
      },
    ],
    [
      'Rejected',
      'after a rejection, until something changes',
      {
        policy: policy('p'),
        backoff: {
          [`desktops/p Disassociate ${ws(1)} ${VISIO}`]: {
            message: 'refused',
            refusedIn: rejectedIn('uid-of-p 1 AVAILABLE', association(ws(1), VISIO)),
          },
        },
      },
    ],
    [
      'ManualDeploy',
      'with deploy: Manual',
      { policy: policy('p', { rollout: { deploy: 'Manual' } }), state: 'PENDING_UNINSTALL_DEPLOYMENT' },
    ],
  ])('as %s %s', (reason, _, given) => {
    const plan = planFor(given);
    expect([...plan.changes]).toEqual([]);
    expect(new Set(reasonsIn(plan))).toEqual(new Set([reason]));
    expect(plan.held.at(0)?.message).not.toBe('');
  });
});

describe('the budget for simultaneous changes', () => {
  const limited = (maxInProgress: number | string) => policy('p', { rollout: { maxInProgress } });
  const visioOn = (n: number, state = 'COMPLETED') => association(ws(n), VISIO, { state });
  const goingIn = (given: Given) => planFor(given).changes.map(({ finding }) => finding.workspace.workspaceID);

  test('holds the changes that exceed it', () => {
    const given = { policy: limited(2), associations: [visioOn(2), visioOn(3), visioOn(4)], size: 3 };
    expect(goingIn(given)).toEqual([ws(1), ws(2)]);
    expect(reasonsIn(planFor(given))).toEqual(['BudgetExhausted', 'BudgetExhausted']);
    expect(planFor(given).held.at(0)?.message).toBe(
      '2 of at most 2 WorkSpaces are changing (spec.rollout.maxInProgress)',
    );
  });

  test('rounds percentages down, with a minimum of 1', () => {
    const associations = [visioOn(2), visioOn(3), visioOn(4)];
    expect(goingIn({ policy: limited('50%'), associations, size: 4 })).toHaveLength(2);
    expect(goingIn({ policy: limited('10%'), associations, size: 4 })).toHaveLength(1);
  });

  test('counts changes of users and other policies', () => {
    const associations = [visioOn(2), association(ws(3), OFFICE, { state: 'INSTALLING' })];
    expect(goingIn({ policy: limited(2), associations, size: 2 })).toEqual([ws(1)]);
    expect(goingIn({ policy: limited(1), associations, size: 2 })).toEqual([]);
  });

  test('prefers changes that have started', () => {
    const associations = [visioOn(2), visioOn(3, 'PENDING_UNINSTALL_DEPLOYMENT')];
    expect(goingIn({ policy: limited(1), associations, size: 2 })).toEqual([ws(3)]);
  });

  test('ignores changes that another hold delays', () => {
    const given = {
      policy: limited(1),
      associations: [visioOn(2)],
      size: 1,
      backoff: { [`desktops/p Disassociate ${ws(1)} ${VISIO}`]: { message: 'failed', retryAt: inTenMinutes } },
    };
    expect(goingIn(given)).toEqual([ws(2)]);
  });
});

describe('a removal is not held', () => {
  test.each<[string, Given]>([
    ['at the limit', { policy: policy('p', { safeguards: { maxAffectedWorkspaces: 1 } }) }],
    [
      'at the limit as a percentage',
      { policy: policy('p', { safeguards: { maxAffectedWorkspaces: '20%' } }), size: 4 },
    ],
    [
      'by a pending change that another policy deploys',
      {
        associations: [association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
        isClaimedByOther: ({ workspaceID, applicationID }) => workspaceID === ws(1) && applicationID === OFFICE,
      },
    ],
    [
      'by an unmanaged pending change with deploy: Manual',
      {
        policy: policy('p', { rollout: { deploy: 'Manual' } }),
        associations: [association(ws(1), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
      },
    ],
    [
      'by a pending change on another WorkSpace',
      { associations: [association(ws(2), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' })], size: 1 },
    ],
    [
      'if it is irreversible and the policy allows that',
      {
        policy: policy('p', { safeguards: { allowUninstallOnly: true, maxAffectedWorkspaces: 1 } }),
        applicationState: 'UNINSTALL_ONLY',
      },
    ],
    [
      'by an unmanaged pending change with unmanagedPendingChanges: Deploy',
      {
        policy: policy('p', { safeguards: { unmanagedPendingChanges: 'Deploy', maxAffectedWorkspaces: 1 } }),
        associations: [association(ws(1), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
      },
    ],
    ['inside a maintenance window', { policy: inWindow('0 10 * * *') }],
    ['on a stopped WorkSpace', { workspaceState: 'STOPPED' }],
    [
      'once its backoff is over',
      { backoff: { [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: { message: 'failed', retryAt: NOW } } },
    ],
    [
      'by a rejection before the association changed',
      {
        backoff: {
          [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: {
            message: 'refused',
            refusedIn: rejectedIn(
              'uid-of-no-visio 1 AVAILABLE',
              association(ws(1), VISIO, { lastUpdatedTime: new Date(NOW.getTime() - 1) }),
            ),
          },
        },
      },
    ],
    [
      'by a rejection under other circumstances',
      {
        backoff: {
          [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: {
            message: 'refused',
            refusedIn: rejectedIn('uid-of-no-visio 0 AVAILABLE', association(ws(1), VISIO)),
          },
        },
      },
    ],
  ])('%s', (_, given) => {
    const plan = planFor(given);
    expect(reasonsIn(plan)).toEqual([]);
    expect(plan.changes).toHaveLength(1);
  });
});

test('over the limit, no part of the plan is applied, including pending changes', () => {
  const first = policy('p', { safeguards: { maxAffectedWorkspaces: '20%' } });
  const plan = planFor({
    policy: first,
    state: 'PENDING_UNINSTALL_DEPLOYMENT',
    associations: [association(ws(2), VISIO)],
    size: 8,
  });
  expect([...plan.changes]).toEqual([]);
  expect(plan.held.at(0)?.message).toContain('from 2 WorkSpaces, and at most 1 (20% of 9) are allowed');
});

test('a change that is never made does not count toward the limit', () => {
  const first = policy('p', {
    applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
    safeguards: { maxAffectedWorkspaces: 1 },
  });
  const plan = planFor({
    policy: first,
    applicationState: 'UNINSTALL_ONLY',
    associations: [association(ws(2), VISIO), association(ws(3), VISIO), association(ws(2), PROJECT)],
    size: 2,
  });
  expect(plan.changes.map(({ finding }) => finding.association.applicationID)).toEqual([PROJECT]);
  expect(new Set(reasonsIn(plan))).toEqual(new Set(['UninstallOnly']));
});

test('a forced deployment waits for failed unmanaged changes, because it would repeat them', () => {
  const error = { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.InternalServerError' } };
  const associations = [association(ws(1), VISIO, error), association(ws(1), OFFICE, error)];
  const fleet = { ...snapshot([workspace(ws(1))], associations), failedOperation: () => 'Uninstall' as const };
  const first = policy();
  const plan = guardedPlan(first, [first], fleet, NOW);
  expect(reasonsIn(plan)).toEqual(['UnmanagedChangesPending']);
});

test('a change whose deployment backs off is held only by the backoff', () => {
  const denied = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
  const plan = planFor({
    policy: denied,
    state: 'PENDING_UNINSTALL_DEPLOYMENT',
    associations: [association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
    backoff: { [`desktops/p Deploy ${ws(1)}`]: { message: 'AWS denies it', retryAt: inTenMinutes } },
  });
  expect([...plan.held]).toMatchObject([
    { reason: 'BackingOff', message: 'AWS denies it', until: inTenMinutes },
    { reason: 'BackingOff', message: 'AWS denies it', until: inTenMinutes },
  ]);
});

/** Returns the circumstances of a rejected call for one association. */
function rejectedIn(general: string, one: Association): Circumstances {
  return { general, changed: [one], rejected: new Map([[one.applicationID, one]]) };
}

describe('a removal is not started on a WorkSpace', () => {
  const denied = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
  const pending = association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
  const reasonsAfter = (attempt: Partial<Attempt>) =>
    reasonsIn(
      planFor({ policy: denied, associations: [pending], backoff: { [`desktops/p Deploy ${ws(1)}`]: attempt } }),
    );

  test('whose deployment backs off', () => {
    expect(reasonsAfter({ message: 'AWS denies it', retryAt: inTenMinutes })).toEqual(['BackingOff', 'BackingOff']);
  });

  test('whose deployment is rejected', () => {
    const refusedIn = rejectedIn('uid-of-p 1 AVAILABLE', pending);
    expect(reasonsAfter({ message: 'not supported', refusedIn })).toEqual(['Rejected', 'Rejected']);
  });

  test.each([
    ['failed since', { ...pending, state: 'ERROR' }],
    ['was updated since', { ...pending, lastUpdatedTime: NOW }],
    ['had another error', { ...pending, stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable' } }],
  ])('unless one of the pending changes of the rejected deployment %s', (_, before) => {
    const refusedIn = rejectedIn('uid-of-p 1 AVAILABLE', before);
    expect(reasonsAfter({ message: 'not supported', refusedIn })).toEqual([]);
  });
});

test('Audit reports the holds that would apply with Enforce', () => {
  const over = policy('p', { enforcement: 'Audit', safeguards: { maxAffectedWorkspaces: 1 } });
  const plan = planFor({ policy: over, associations: [association(ws(2), VISIO)], size: 1 });
  expect(new Set(reasonsIn(plan))).toEqual(new Set(['Audit']));
  expect(plan.held.at(0)?.message).toContain('the plan removes applications from 2');
  expect(reasonsIn(planFor({ policy: policy('p', { enforcement: 'Audit' }), workspaceState: 'UPDATING' }))).toEqual([
    'WorkspaceNotReady',
  ]);
});

test('a change has the reason of the first hold that applies', () => {
  const plan = planFor({ policy: policy('p', { suspend: true, enforcement: 'Audit' }), workspaceState: 'UPDATING' });
  expect(reasonsIn(plan)).toEqual(['Suspended']);
});

test('a failed deployment is retried after 30 s', () => {
  const failed = (lastUpdatedTime: Date) => {
    const error = {
      state: 'ERROR',
      stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable' },
      lastUpdatedTime,
    };
    const fleet = {
      ...snapshot([workspace(ws(1))], [association(ws(1), VISIO, error)]),
      failedOperation: () => 'Uninstall' as const,
    };
    const first = policy();
    return guardedPlan(first, [first], fleet, NOW);
  };
  expect([...failed(new Date('2026-11-02T11:59:40Z')).held]).toMatchObject([
    { reason: 'BackingOff', until: new Date('2026-11-02T12:00:10Z') },
  ]);
  expect([...failed(new Date('2026-11-02T11:59:30Z')).changes]).toMatchObject([{ action: 'Deploy', force: true }]);
});

describe('removeBefore: EndOfMonth', () => {
  const denied = { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } };
  const requiring = { applications: { denied: [{ id: VISIO }], required: [{ id: PROJECT }] } };
  const resultOf = ({ changes, held }: Plan) => [
    ...changes.map(({ action, finding }) => `${action} ${finding.application.applicationID}`),
    ...held.map(({ reason, change }) => `${reason} ${change.finding.application.applicationID}`),
  ];

  test('shows the final days and ends with them', () => {
    expect(planFor({ policy: untilEndOfMonth() }).held.at(0)).toMatchObject({
      message:
        'the license is paid until the end of the month, so the removal waits for its final days, from 2026-11-28 00:00 UTC to 2026-12-01 00:00 UTC (spec.rollout.removeBefore)',
      until: new Date('2026-11-28T00:00:00Z'),
    });
  });

  test('shows that no window opens again', () => {
    const never = untilEndOfMonth({ maintenanceWindows: [{ cron: '0 0 L-30 2 *', duration: '1h' }] });
    const [held] = planFor({ policy: never }).held;
    expect(held).toMatchObject({
      reason: 'LicensePaid',
      message: expect.stringContaining('no maintenance window opens again'),
    });
    expect(held?.until).toBeUndefined();
  });

  test('holds nothing in the final days', () => {
    const inNovember = untilEndOfMonth({ maintenanceWindows: [{ cron: '0 11 2 11 *', duration: '2h' }] });
    expect(resultOf(planFor({ policy: inNovember }))).toEqual([`Disassociate ${VISIO}`]);
  });

  test('does not hold installations', () => {
    expect(
      resultOf(planFor({ policy: untilEndOfMonth({}, { applications: { required: [{ id: PROJECT }] } }) })),
    ).toEqual([`Associate ${PROJECT}`]);
  });

  test.each(['Together', 'Sequential'] as const)(
    'does not hold a replacement with replacements: %s',
    (replacements) => {
      const newer = {
        applicationID: 'wsa-visio2024',
        name: 'Microsoft Visio LTSC Professional 2024',
        state: 'AVAILABLE',
      };
      const applications = { denied: [{ id: VISIO }], required: [{ id: newer.applicationID }] };
      const plan = planFor({ policy: untilEndOfMonth({ replacements }, { applications }), moreApplications: [newer] });
      expect(resultOf(plan)).toEqual([
        `Disassociate ${VISIO}`,
        `${replacements === 'Together' ? 'Associate' : 'ReplacementPending'} ${newer.applicationID}`,
      ]);
    },
  );

  test('holds the retry of a failed removal', () => {
    const failed = association(ws(1), VISIO, {
      state: 'ERROR',
      stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable' },
      lastUpdatedTime: new Date('2026-10-31T22:00:00Z'),
    });
    const fleet = { ...snapshot([workspace(ws(1))], [failed]), failedOperation: () => 'Uninstall' as const };
    const first = untilEndOfMonth();
    expect([...guardedPlan(first, [first], fleet, NOW).held]).toMatchObject([
      { reason: 'LicensePaid', change: { action: 'Deploy', force: true } },
    ]);
  });

  test('reverts an installation that is not deployed at once, because nobody uses it', () => {
    const plan = planFor({ policy: untilEndOfMonth(), state: 'PENDING_INSTALL_DEPLOYMENT' });
    expect(resultOf(plan)).toEqual([`Disassociate ${VISIO}`]);
  });

  test('leaves a started removal to the deployment of another change, but starts no other one', () => {
    const pending = { state: 'PENDING_UNINSTALL_DEPLOYMENT' };
    const installed = association(ws(1), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' });
    const both = untilEndOfMonth({}, requiring);
    expect(resultOf(planFor({ policy: both, ...pending, associations: [installed] })).sort()).toEqual(
      [`Deploy ${PROJECT}`, `Deploy ${VISIO}`].sort(),
    );
    const plan = planFor({
      policy: untilEndOfMonth({}, denied),
      ...pending,
      associations: [association(ws(1), OFFICE)],
    });
    expect(resultOf(plan).sort()).toEqual([`LicensePaid ${OFFICE}`, `LicensePaid ${VISIO}`].sort());
  });

  test('holds a started removal while the other change of the WorkSpace backs off', () => {
    const plan = planFor({
      policy: untilEndOfMonth(
        {},
        {
          applications: { denied: [{ id: VISIO }], required: [{ id: OFFICE }] },
        },
      ),
      state: 'PENDING_UNINSTALL_DEPLOYMENT',
      associations: [association(ws(1), OFFICE, { state: 'REMOVED' })],
      backoff: { [`desktops/p Associate ${ws(1)} ${OFFICE}`]: { message: 'failed', retryAt: inTenMinutes } },
    });
    expect(resultOf(plan).sort()).toEqual([`BackingOff ${OFFICE}`, `LicensePaid ${VISIO}`].sort());
  });
});
