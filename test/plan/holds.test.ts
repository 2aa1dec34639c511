import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';

import type { Attempt } from '../../src/plan/backoff.ts';
import { applyHolds } from '../../src/plan/holds/index.ts';
import { type Plan, planChanges } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/policy/policy.ts';
import {
  APPLICATIONS,
  association,
  guardedPlan,
  holdContext,
  OFFICE,
  PROJECT,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
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
    applications,
  );
  const plan = planChanges(first, [first, ...others], fleet, NOW);
  return applyHolds(
    plan,
    holdContext(plan, {
      policy: first,
      snapshot: fleet,
      now: NOW,
      backoff: new Map(Object.entries(backoff)) as ReadonlyMap<string, Attempt>,
      ...(given.isClaimedByOther !== undefined && { isClaimedByOther: given.isClaimedByOther }),
    }),
  );
}

/** Returns a policy with a maintenance window of four hours. */
const inWindow = (cron: string) => policy('p', { rollout: { maintenanceWindows: [{ cron, duration: '4h' }] } });

const reasonsIn = (plan: Plan) => plan.held.map(({ reason }) => reason);
const inTenMinutes = new Date('2026-11-02T12:10:00Z');

test('nothing holds a removal that may be made', () => {
  const plan = planFor({});
  expect(plan.held).toEqual([]);
  expect(plan.changes).toMatchObject([{ action: 'Disassociate' }]);
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
    ['UninstallOnly', 'where it could not be undone', { applicationState: 'UNINSTALL_ONLY' }],
    ['UninstallOnly', 'where AWS does not say whether it could be undone', { applicationState: undefined }],
    [
      'Conflict',
      'where the policies contradict each other',
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
      'where AWS does not say whether it could be undone, whatever the policy allows',
      { policy: policy('p', { safeguards: { allowUninstallOnly: true } }), applicationState: undefined },
    ],
    [
      'UnmanagedChangesPending',
      'while another association is in a state that is not known, whatever the policy deploys',
      {
        policy: policy('p', { safeguards: { unmanagedPendingChanges: 'Deploy' } }),
        associations: [association(ws(1), OFFICE, { state: 'PENDING_REPAIR' })],
      },
    ],
    [
      'UnmanagedChangesPending',
      'while another association is in a state that is not known',
      { associations: [association(ws(1), OFFICE, { state: 'PENDING_REPAIR' })] },
    ],
    ['OutsideMaintenanceWindow', 'outside the windows', { policy: inWindow('0 22 * * *') }],
    ['WorkspaceNotReady', 'while the WorkSpace is being updated', { workspaceState: 'UPDATING' }],
    ['WorkspaceNotReady', 'where AWS reports no state', { workspaceState: undefined }],
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
      'after a refusal, while nothing has changed',
      {
        policy: policy('p'),
        backoff: {
          [`desktops/p Disassociate ${ws(1)} ${VISIO}`]: {
            message: 'refused',
            refusedIn: 'uid-of-p 1 AVAILABLE COMPLETED undefined',
          },
        },
      },
    ],
    [
      'ManualDeploy',
      'when a person deploys',
      { policy: policy('p', { rollout: { deploy: 'Manual' } }), state: 'PENDING_UNINSTALL_DEPLOYMENT' },
    ],
  ])('with %s %s', (reason, _, given) => {
    const plan = planFor(given);
    expect(plan.changes).toEqual([]);
    expect(new Set(reasonsIn(plan))).toEqual(new Set([reason]));
    expect(plan.held[0]?.message).not.toBe('');
  });
});

describe('at most so many WorkSpaces change at once:', () => {
  const limited = (maxInProgress: number | string) => policy('p', { rollout: { maxInProgress } });
  const visioOn = (n: number, state = 'COMPLETED') => association(ws(n), VISIO, { state });
  const goingIn = (given: Given) => planFor(given).changes.map(({ finding }) => finding.workspace.workspaceID);

  test('the others wait', () => {
    const given = { policy: limited(2), associations: [visioOn(2), visioOn(3), visioOn(4)], size: 3 };
    expect(goingIn(given)).toEqual([ws(1), ws(2)]);
    expect(reasonsIn(planFor(given))).toEqual(['BudgetExhausted', 'BudgetExhausted']);
    expect(planFor(given).held[0]?.message).toBe('2 of at most 2 WorkSpaces are changing (spec.rollout.maxInProgress)');
  });

  test('a share is rounded down, and is at least one', () => {
    const associations = [visioOn(2), visioOn(3), visioOn(4)];
    expect(goingIn({ policy: limited('50%'), associations, size: 4 })).toHaveLength(2);
    expect(goingIn({ policy: limited('10%'), associations, size: 4 })).toHaveLength(1);
  });

  test('what moves counts, whoever began it', () => {
    const associations = [visioOn(2), association(ws(3), OFFICE, { state: 'INSTALLING' })];
    expect(goingIn({ policy: limited(2), associations, size: 2 })).toEqual([ws(1)]);
    expect(goingIn({ policy: limited(1), associations, size: 2 })).toEqual([]);
  });

  test('what has begun is finished first', () => {
    const associations = [visioOn(2), visioOn(3, 'PENDING_UNINSTALL_DEPLOYMENT')];
    expect(goingIn({ policy: limited(1), associations, size: 2 })).toEqual([ws(3)]);
  });

  test('what cannot go now takes nobody’s place', () => {
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
    ['at the limit as a share', { policy: policy('p', { safeguards: { maxAffectedWorkspaces: '20%' } }), size: 4 }],
    [
      'by a pending change that another policy is about to deploy as well',
      {
        associations: [association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
        isClaimedByOther: ({ workspaceID, applicationID }) => workspaceID === ws(1) && applicationID === OFFICE,
      },
    ],
    [
      'by another’s pending change when a person deploys anyway',
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
      'where it can’t be undone, and the policy allows that',
      {
        policy: policy('p', { safeguards: { allowUninstallOnly: true, maxAffectedWorkspaces: 1 } }),
        applicationState: 'UNINSTALL_ONLY',
      },
    ],
    [
      'by a pending change of others, where the policy deploys them',
      {
        policy: policy('p', { safeguards: { unmanagedPendingChanges: 'Deploy', maxAffectedWorkspaces: 1 } }),
        associations: [association(ws(1), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
      },
    ],
    ['inside a window', { policy: inWindow('0 10 * * *') }],
    ['on a WorkSpace that is stopped', { workspaceState: 'STOPPED' }],
    [
      'once its backoff is over',
      { backoff: { [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: { message: 'failed', retryAt: NOW } } },
    ],
    [
      'by a refusal under other circumstances',
      {
        backoff: {
          [`desktops/no-visio Disassociate ${ws(1)} ${VISIO}`]: {
            message: 'refused',
            refusedIn: 'uid-of-no-visio 0 AVAILABLE ',
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

test('over the limit nothing of the plan is done, what is pending included', () => {
  const first = policy('p', { safeguards: { maxAffectedWorkspaces: '20%' } });
  const plan = planFor({
    policy: first,
    state: 'PENDING_UNINSTALL_DEPLOYMENT',
    associations: [association(ws(2), VISIO)],
    size: 8,
  });
  expect(plan.changes).toEqual([]);
  expect(plan.held[0]?.message).toContain('from 2 WorkSpaces, and at most 1 (20% of 9) are allowed');
});

test('what never goes does not count as affected', () => {
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

test('a forced deployment waits for what of others has failed on the WorkSpace: it would repeat that, too', () => {
  const error = { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.InternalServerError' } };
  const associations = [association(ws(1), VISIO, error), association(ws(1), OFFICE, error)];
  const fleet = { ...snapshot([workspace(ws(1))], associations), failedOperation: () => 'Uninstall' as const };
  const first = policy();
  const plan = guardedPlan(first, [first], fleet, NOW);
  expect(reasonsIn(plan)).toEqual(['UnmanagedChangesPending']);
});

test('what backs off from a deployment waits for that, and not for the other changes that it would carry out', () => {
  const denied = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
  const plan = planFor({
    policy: denied,
    state: 'PENDING_UNINSTALL_DEPLOYMENT',
    associations: [association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
    backoff: { [`desktops/p Deploy ${ws(1)}`]: { message: 'AWS denies it', retryAt: inTenMinutes } },
  });
  expect(plan.held).toMatchObject([
    { reason: 'BackingOff', message: 'AWS denies it', until: inTenMinutes },
    { reason: 'BackingOff', message: 'AWS denies it', until: inTenMinutes },
  ]);
});

describe('a removal is not begun on a WorkSpace', () => {
  const denied = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
  const pending = association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
  const reasonsAfter = (attempt: Partial<Attempt>) =>
    reasonsIn(
      planFor({ policy: denied, associations: [pending], backoff: { [`desktops/p Deploy ${ws(1)}`]: attempt } }),
    );

  test('whose deployment backs off', () => {
    expect(reasonsAfter({ message: 'AWS denies it', retryAt: inTenMinutes })).toEqual(['BackingOff', 'BackingOff']);
  });

  test('whose deployment is refused', () => {
    const refusedIn = 'uid-of-p 1 AVAILABLE ';
    expect(reasonsAfter({ message: 'not supported', refusedIn })).toEqual(['Rejected', 'Rejected']);
  });
});

test('Audit reports what enforcing would run into', () => {
  const over = policy('p', { enforcement: 'Audit', safeguards: { maxAffectedWorkspaces: 1 } });
  const plan = planFor({ policy: over, associations: [association(ws(2), VISIO)], size: 1 });
  expect(new Set(reasonsIn(plan))).toEqual(new Set(['Audit']));
  expect(plan.held[0]?.message).toContain('the plan removes applications from 2');
  expect(reasonsIn(planFor({ policy: policy('p', { enforcement: 'Audit' }), workspaceState: 'UPDATING' }))).toEqual([
    'WorkspaceNotReady',
  ]);
});

test('the first of several holds is the one that people read', () => {
  const plan = planFor({ policy: policy('p', { suspend: true, enforcement: 'Audit' }), workspaceState: 'UPDATING' });
  expect(reasonsIn(plan)).toEqual(['Suspended']);
});

test('a deployment that failed is left alone for half a minute before it is repeated', () => {
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
  expect(failed(new Date('2026-11-02T11:59:40Z')).held).toMatchObject([
    { reason: 'BackingOff', until: new Date('2026-11-02T12:00:10Z') },
  ]);
  expect(failed(new Date('2026-11-02T11:59:30Z')).changes).toMatchObject([{ action: 'Deploy', force: true }]);
});
