import type { SentCall } from '../cloud/traffic.ts';
import { millisecondsOf, type PolicySpec } from '../manifests.ts';
import {
  type Attempt,
  type KnownPolicy,
  MAX_CONNECTION_AGE_MS,
  MAX_RUN_MS,
  type ObservedState,
  TRANSITION_STATES,
} from '../observedState.ts';
import { type Goal, resolveIntOrPercent } from '../policyContext.ts';
import { selects } from '../selection.ts';
import type { UntimedViolation } from '../violation.ts';
import { isWindowOpen } from '../windows.ts';
import { exceedsSafeguard } from './safeguard.ts';

/** Grace period of 5 s, minus the time between composing a status and resending it after a conflict (ms). */
export const GRACE_PERIOD_MS = 4_500;

/** Returns the setting of a policy that forbids a change that it requests. Undefined if none does. */
export function limitViolation(
  policy: KnownPolicy,
  { workspace, context, ledger }: Attempt,
  applicationID: string,
  goal: Goal,
  sent: SentCall,
  observed: ObservedState,
): UntimedViolation | undefined {
  const { key, spec } = policy;
  const now = observed.time.elapsed;
  const pair = `${workspace.workspaceID} ${applicationID}`;
  const isApproved = observed.isApproved(key, pair);
  if (spec.enforcement === 'Approve' && !isApproved) {
    return { rule: 'MissingApproval', message: `the plan of ${key} is not approved` };
  }
  const { wall } = sent.process;
  if (!isWindowOpen(spec, wall - MAX_RUN_MS, wall) && !observed.faults.wasActive('ClockJump', MAX_RUN_MS)) {
    return { rule: 'ClosedWindow', message: `no maintenance window of ${key} is open` };
  }
  const since = shownSince(sent, key, pair, observed);
  if ((since === undefined || since > now - GRACE_PERIOD_MS) && !observed.hasOmittedAssociations(key)) {
    const shownFor = since === undefined ? 0 : now - since;
    return { rule: 'GracePeriod', message: `the status of ${key} has shown the change for ${shownFor} ms` };
  }
  const isUnlimited = goal !== 'Remove' || spec.enforcement !== 'Enforce' || isApproved;
  return !isUnlimited && exceedsSafeguard(policy, context, ledger, observed)
    ? { rule: 'SafeguardExceeded', message: `the plan of ${key} exceeds maxAffectedWorkspaces` }
    : undefined;
}

/** Returns the setting of a policy's rollout that forbids a deployment. Undefined if none does. */
export function rolloutViolation(
  { key, spec }: KnownPolicy,
  attempt: Attempt,
  observed: ObservedState,
): UntimedViolation | undefined {
  const { workspace, context } = attempt;
  const { connection } = attempt.known;
  const { time, faults, cloud, deployedFor } = observed;
  const { deploy, userSessions = 'Wait', maxInProgress } = spec.rollout ?? {};
  if (deploy === 'Manual') {
    return { rule: 'ManualDeployment', message: `${key} requires manual deployments` };
  }
  const state = connection?.value.state;
  const isConnected = state !== 'DISCONNECTED' && state !== 'UNKNOWN';
  // Nobody is connected to a stopped WorkSpace, which matters only without a wait.
  if (userSessions === 'Wait' && isConnected && attempt.known.state?.value !== 'STOPPED') {
    return { rule: 'UserSession', message: `the connection state of the user is ${state ?? 'unread'}` };
  }
  const connectionAge = time.elapsed - (connection?.sentAt ?? Number.NEGATIVE_INFINITY);
  if (userSessions === 'Wait' && connectionAge > MAX_CONNECTION_AGE_MS) {
    return { rule: 'StaleSession', message: `the process read the connection of the user ${connectionAge} ms ago` };
  }
  const openWork = userSessions === 'Wait' ? openWorkViolation(spec, attempt, observed) : undefined;
  if (openWork !== undefined) {
    return openWork;
  }
  if (maxInProgress === undefined || faults.wasActive('StaleReads', 2 * MAX_RUN_MS)) {
    return undefined;
  }
  // The operator doesn't read WorkSpaces outside the fleet's directories, so they don't count.
  const directories = context.fleet?.directoryIDs ?? [];
  const all = cloud.workspaces.filter(
    (one) => selects(spec, one, time.now) && (directories.length === 0 || directories.includes(one.directoryID ?? '')),
  );
  const inProgress = all.filter(
    ({ workspaceID, state, associations }) =>
      workspaceID !== workspace.workspaceID &&
      (state === 'UPDATING' || [...associations.values()].some((one) => TRANSITION_STATES.has(one.state))) &&
      [...(deployedFor.get(workspaceID) ?? [])].join() === key,
  );
  return inProgress.length >= resolveIntOrPercent(maxInProgress, all.length)
    ? { rule: 'BudgetExceeded', message: `${inProgress.length} WorkSpaces of ${key} are in progress` }
    : undefined;
}

/** Maximum age of a check by AWS when the process reads it (ms), with 1 s of tolerance. */
const MAX_CHECK_AGE_MS = 30 * 60_000 + 1_000;

/** Returns why a user may have open work, according to what the process has read. Undefined if nobody has. */
function openWorkViolation(
  { rollout }: PolicySpec,
  { workspace, known: { connection, state } }: Attempt,
  { time, faults, cloud }: ObservedState,
): UntimedViolation | undefined {
  const waitMs = millisecondsOf(rollout?.disconnectedFor ?? '1h');
  const { checkedAt, lastConnected } = connection?.value ?? {};
  if (cloud.workspace(workspace.workspaceID)?.runningMode === 'MANUAL') {
    return { rule: 'OpenWork', message: 'AWS does not see the users of the WorkSpace' };
  }
  if (faults.wasActive('ClockJump', MAX_RUN_MS) || (waitMs === 0 && state?.value === 'STOPPED')) {
    return undefined;
  }
  const readAt = time.now - time.elapsed + (connection?.receivedAt ?? 0);
  if (checkedAt === undefined || readAt - checkedAt.getTime() > MAX_CHECK_AGE_MS) {
    return { rule: 'OpenWork', message: `AWS last checked the connection at ${checkedAt?.toISOString() ?? 'no time'}` };
  }
  // AWS reports whole seconds.
  const disconnectedMs = time.now - (lastConnected?.getTime() ?? Number.NEGATIVE_INFINITY);
  return disconnectedMs < waitMs - 1_000
    ? { rule: 'OpenWork', message: `the user was connected ${disconnectedMs} ms ago` }
    : undefined;
}

/**
 * Returns the time since which the status shows a change. Undefined if it isn't shown, or if it is shown as
 * started and the call starts it again.
 */
export function shownSince(
  { operation }: SentCall,
  key: string,
  pair: string,
  observed: ObservedState,
): number | undefined {
  const shown = observed.shownSince.get(key)?.pairs.get(pair);
  return shown?.isStarted === true && operation !== 'DeployWorkspaceApplications' ? undefined : shown?.since;
}
