import type { SentCall } from '../cloud/traffic.ts';
import { isInFinalDays } from '../finalDays.ts';
import { millisecondsOf, type PolicySpec } from '../manifests.ts';
import {
  type Attempt,
  MAX_CONNECTION_AGE_MS,
  MAX_RUN_MS,
  type ObservedState,
  TRANSITION_STATES,
} from '../observedState.ts';
import { type Goal, judge, resolveIntOrPercent } from '../policyContext.ts';
import type { KnownPolicy } from '../processLedger.ts';
import { selects } from '../selection.ts';
import type { UntimedViolation } from '../violation.ts';
import { isWindowOpen } from '../windows.ts';
import { exceedsSafeguard } from './safeguard.ts';

/** Grace period of 5 s, minus the time between composing a status and resending it after a conflict (ms). */
const GRACE_PERIOD_MS = 4_500;

/** Returns the setting of a policy that forbids a change that it requests. Undefined if none does. */
export function limitViolation(
  policy: KnownPolicy,
  attempt: Attempt,
  applicationID: string,
  goal: Goal,
  sent: SentCall,
  observed: ObservedState,
): UntimedViolation | undefined {
  const { workspace, context, ledger } = attempt;
  const { key, spec } = policy;
  const pair = `${workspace.workspaceID} ${applicationID}`;
  const isApproved = observed.isApproved(policy, pair, goal);
  if (spec.enforcement === 'Approve' && !isApproved) {
    return { rule: 'MissingApproval', message: `the plan of ${key} is not approved` };
  }
  if (!isWithinWindow(policy, sent, observed) && !observed.faults.wasActive('ClockJump', MAX_RUN_MS)) {
    return { rule: 'ClosedWindow', message: `no maintenance window of ${key} is open` };
  }
  if (goal === 'Remove' && removesTooEarly(policy, attempt, applicationID, sent, observed)) {
    return {
      rule: 'LicensePaid',
      message: `the license is paid, and ${key} removes only in the final days of the month`,
    };
  }
  const grace = graceViolation(policy, pair, goal, sent, observed);
  if (grace !== undefined) {
    return grace;
  }
  const isUnlimited = goal !== 'Remove' || spec.enforcement !== 'Enforce' || isApproved;
  return !isUnlimited && exceedsSafeguard(policy, context, ledger, observed)
    ? { rule: 'SafeguardExceeded', message: `the plan of ${key} exceeds maxAffectedWorkspaces` }
    : undefined;
}

/** Returns a violation unless a status has shown an outcome for the grace period. */
export function graceViolation(
  policy: KnownPolicy,
  pair: string,
  goal: Goal,
  sent: SentCall,
  observed: ObservedState,
): UntimedViolation | undefined {
  const { key, generation } = policy;
  const now = observed.time.elapsed;
  const since = shownSince(sent, policy, pair, goal, observed);
  if ((since === undefined || since > now - GRACE_PERIOD_MS) && !observed.hasOmittedAssociations(key)) {
    const shownFor = since === undefined ? 0 : now - since;
    return {
      rule: 'GracePeriod',
      message: `the status of generation ${generation} of ${key} has shown the outcome ${goal} for ${shownFor} ms`,
    };
  }
  return undefined;
}

/**
 * Whether a maintenance window of a policy is open, by the clock of the process. A deployment may also complete
 * what the same run began on this WorkSpace while a window was open.
 */
function isWithinWindow(
  { spec }: KnownPolicy,
  { process, operation, input }: SentCall,
  observed: ObservedState,
): boolean {
  const isOpenAt = (wall: number) => isWindowOpen(spec, wall, wall);
  const begun = observed.begun.get(String(input.WorkspaceId)) ?? [];
  const isSameRun = (at: number) => observed.time.elapsed - at < MAX_RUN_MS;
  return (
    isOpenAt(process.wall) ||
    (operation === 'DeployWorkspaceApplications' &&
      begun.some((one) => one.by === process && isSameRun(one.at) && isOpenAt(one.wall)))
  );
}

/**
 * Whether a policy with `removeBefore` removes an application before or after the final days of the month, by the clock of the process. A
 * replacement and the revert of an installation may be made at any time, and a deployment may also complete what the same run began.
 */
function removesTooEarly(
  policy: KnownPolicy,
  { known, context, workspace, ledger }: Attempt,
  applicationID: string,
  { process, operation, input }: SentCall,
  observed: ObservedState,
): boolean {
  const { spec } = policy;
  const { faults, time, applications, begun } = observed;
  if (spec.rollout?.removeBefore !== 'EndOfMonth' || faults.wasActive('ClockJump', MAX_RUN_MS)) {
    return false;
  }
  const stateOf = (id: string) => known.associations?.value.find((one) => one.applicationID === id)?.state;
  const isInstalled = (id: string) => stateOf(id) === 'COMPLETED';
  const isReplaced = [...applications.values()].some(
    (one) =>
      !isInstalled(one.applicationID) &&
      ledger.policies().some((other) => judge('Install', other, context, workspace, one) !== 'NotRequested'),
  );
  const isCompleting =
    operation === 'DeployWorkspaceApplications' &&
    (begun.get(String(input.WorkspaceId)) ?? []).some(
      (one) => one.by === process && time.elapsed - one.at < MAX_RUN_MS && isInFinalDays(spec, one.wall),
    );
  const isUndeployed = stateOf(applicationID) === 'PENDING_INSTALL_DEPLOYMENT';
  return !isReplaced && !isUndeployed && !isCompleting && !isInFinalDays(spec, process.wall);
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
  // A truncated list can't be detected.
  const isMisled = (['StaleReads', 'TruncatedPages'] as const).some((kind) => faults.wasActive(kind, 2 * MAX_RUN_MS));
  if (maxInProgress === undefined || isMisled) {
    return undefined;
  }
  // The operator doesn't read WorkSpaces outside the fleet's directories, so they don't count.
  const directories = context.fleet?.directoryIDs ?? [];
  const all = cloud.workspaces.filter(
    (one) =>
      selects(spec, cloud.factsOf(one), time.now) === true &&
      (directories.length === 0 || directories.includes(one.directoryID)),
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
  // A clock that is behind makes an old check look recent.
  if (faults.wasActive('ClockJump', Number.POSITIVE_INFINITY) || (waitMs === 0 && state?.value === 'STOPPED')) {
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
 * Returns the time since which a status of this generation shows this outcome. Undefined if none shows it, or if
 * it is shown as started and the call starts it again.
 */
function shownSince(
  { operation }: SentCall,
  { key, uid, generation }: KnownPolicy,
  pair: string,
  goal: Goal,
  { shown }: ObservedState,
): number | undefined {
  const status = shown.get(key);
  const change = status?.uid === uid && status.generation === generation ? status.changes.get(pair) : undefined;
  const startsAgain = change?.isStarted === true && operation !== 'DeployWorkspaceApplications';
  return change?.goal !== goal || startsAgain ? undefined : change.since;
}
