import type { SimulatedWorkspace } from '../../src/simulator/simulatedResources.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, StoredObject } from './cluster/simulatedCluster.ts';
import { isInFinalDays } from './finalDays.ts';
import { type FleetSpec, isInvalid, type PolicySpec } from './manifests.ts';
import { PENDING_STATES } from './observedState.ts';
import {
  isAskedFor,
  isConflict,
  isListedByUndecided,
  mayChange,
  type PolicyContext,
  requestsChange,
  resolveIntOrPercent,
} from './policyContext.ts';
import { selects } from './selection.ts';
import { START_TIME } from './time.ts';
import type { Rule } from './violation.ts';
import type { Watcher } from './watcher.ts';

interface Assessment {
  readonly workspaceID: string;
  readonly associatedResourceID: string;
  readonly action?: string;
  readonly holdReason?: string;
}

/** Reasons for which a change may still be held after the faults have ended. */
export type PermittedHolds = ReadonlySet<string>;

/** Reasons that can last forever, although every proposed plan is approved. */
export const PERMANENT_HOLDS: PermittedHolds = new Set([
  'UnmanagedChangesPending',
  'UserConnected',
  'WorkspaceNotReady',
  'Flapping',
  'ManualDeploy',
  'AmbiguousApplication',
]);

/** Reasons that can last forever, and reasons that can end at any time. */
export const ALL_PERMITTED_HOLDS: PermittedHolds = new Set([
  ...PERMANENT_HOLDS,
  'AwaitingApproval',
  'SafeguardExceeded',
  'HourlyLimitReached',
]);

/** States in which a WorkSpace stays until someone changes it, and in which the operator makes no change. */
const PERMANENT_STATES: ReadonlySet<string> = new Set(['MAINTENANCE', 'ERROR', 'UNHEALTHY', 'IMPAIRED', 'SUSPENDED']);

/** Difference from what the documentation promises, long after the faults have ended. */
export interface Problem {
  readonly rule: Rule;
  readonly message: string;
}

/**
 * Returns every difference from what the policies request, long after the faults have ended, that no permitted
 * hold explains.
 */
export function convergenceProblems(
  cluster: SimulatedCluster,
  cloud: SimulatedCloud,
  watcher: Watcher,
  now: number,
  permittedHolds: PermittedHolds,
): Problem[] {
  const objects = cluster.list('workspaceapplicationpolicies');
  const policies = objects.map((object) => ({
    key: `${object.metadata.namespace}/${object.metadata.name}`,
    uid: object.metadata.uid ?? '',
    spec: object.spec as unknown as PolicySpec,
    object,
  }));
  const applications = [...watcher.observed.applications.values()];
  const context: PolicyContext = {
    policies,
    ended: [],
    fleet: cluster.get('workspacefleets', 'emea')?.spec as FleetSpec | undefined,
    namespaceLabels: cluster.get('namespaces', 'desktops')?.metadata.labels,
    now,
    accountID: cloud.accountID,
    applications,
  };
  const problems: Problem[] = abandonedChanges(policies, context, cloud, watcher);
  const fail = (message: string, rule: Rule = 'MissingConvergence') => void problems.push({ rule, message });
  for (const policy of policies) {
    const { generation } = policy.object.metadata;
    if (policy.object.status?.observedGeneration !== generation) {
      fail(
        `the status of ${policy.key} has generation ${policy.object.status?.observedGeneration} instead of ${generation}`,
      );
    }
    if (isInvalid(policy.spec)) {
      continue;
    }
    const rows = ((policy.object.status?.associations ?? []) as Assessment[]).filter(
      ({ holdReason }) => holdReason !== undefined,
    );
    if (rows.some(({ holdReason }) => holdReason === 'SafeguardExceeded') && !exceedsLimit(policy, context, cloud)) {
      fail(`the plan of ${policy.key} is held as SafeguardExceeded, but it is within the limit`, 'SafeguardExceeded');
    }
    for (const workspace of cloud.workspaces) {
      for (const application of applications) {
        const { applicationID } = application;
        const facts = cloud.factsOf(workspace);
        const state = workspace.associations.get(applicationID)?.state ?? 'REMOVED';
        const goal = (['Remove', 'Install'] as const).find((one) =>
          requestsChange(one, policy, context, facts, application),
        );
        const isReached =
          goal === undefined ||
          isListedByUndecided(context, facts, application) ||
          (goal === 'Remove' ? state === 'REMOVED' : state === 'COMPLETED');
        const pair = `${workspace.workspaceID} ${applicationID}`;
        const held = rows.find((row) => `${row.workspaceID} ${row.associatedResourceID}` === pair)?.holdReason;
        if (!isReached && held === 'Rejected' && hasCauseEnded(workspace, applicationID, watcher)) {
          fail(`${pair} is held as Rejected, although its association has changed since`, 'RejectedChange');
        }
        const cannotBeInstalled = goal === 'Install' && application.state !== undefined;
        // With `deploy: Manual`, the WorkSpaces of a budget stay in progress until a user deploys them.
        const waitsForManualDeployment = held === 'BudgetExhausted' && policy.spec.rollout?.deploy === 'Manual';
        // A status shows the first of several reasons, so the hold may have another reason than the state of the
        // WorkSpace.
        const waitsForWorkspace = held !== undefined && PERMANENT_STATES.has(workspace.state);
        const isPermitted = permittedHolds.has(held ?? '') && (held !== 'UserConnected' || mayBeConnected(workspace));
        // The license is paid, or the month has turned since the removal was missed.
        const waitsForEndOfMonth =
          goal === 'Remove' &&
          held === 'LicensePaid' &&
          policy.spec.rollout?.removeBefore !== undefined &&
          !isInFinalDays(policy.spec, now);
        const isHeld = isPermitted || waitsForEndOfMonth || waitsForManualDeployment || waitsForWorkspace;
        const hasFailed = cloud.failedOn.has(workspace.workspaceID) && (state === 'ERROR' || held === 'Rejected');
        const isRejected = workspace.workspaceID === cloud.rejectsChangesOf && held === 'Rejected';
        const isRejecting = cloud.rejectsInstallations?.on.includes(workspace.workspaceID) === true;
        // An installation that failed although the old version stayed needs a person.
        const hasOldVersion = [...workspace.associations.values()].some(
          (one) => one.stateReason?.errorCode === 'ValidationError.ApplicationOldVersionExists',
        );
        const waitsForOther =
          held === 'ReplacementPending' && (isRejecting || hasOldVersion || policy.spec.rollout?.deploy === 'Manual');
        // A replacement of an application that AWS no longer offers waits as a whole.
        const waitsForPermission =
          goal === 'Install' &&
          held === 'UninstallOnly' &&
          [...workspace.associations.values()].some(
            (one) =>
              one.state !== 'REMOVED' && watcher.observed.application(one.applicationID).state === 'UNINSTALL_ONLY',
          );
        // A removal waits for the replacement that another policy holds, and whose hold is judged on its own.
        const waitsForHeldReplacement =
          goal === 'Remove' &&
          held === 'ReplacementPending' &&
          policies.some((one) => one !== policy && holdsInstallation(one.object, workspace.workspaceID));
        // Nobody knows whether the operator can install what may replace the application.
        const hasUncertainReplacement =
          goal === 'Remove' &&
          held === 'ReplacementPending' &&
          applications.some(
            (one) =>
              one !== application && (isConflict(context, facts, one) || isListedByUndecided(context, facts, one)),
          );
        const started = watcher.observed.startedChange(pair, workspace.associations.get(applicationID)?.lastUpdated);
        if (held === 'Incompatible' && started?.goal === 'Remove' && PENDING_STATES.has(state)) {
          fail(`AWS rejects what replaces ${pair}, and its removal is not reverted`, 'AbandonedChange');
        }
        const isIncompatible =
          waitsForOther ||
          waitsForPermission ||
          waitsForHeldReplacement ||
          hasUncertainReplacement ||
          (hasOldVersion && state === 'ERROR') ||
          (held === 'Incompatible' && isRejecting);
        if (
          !isIncompatible &&
          !isReached &&
          !cannotBeInstalled &&
          !hasFailed &&
          !isRejected &&
          !watcher.flapping.has(pair) &&
          !isHeld
        ) {
          fail(
            `${policy.key} requests ${goal} for ${pair}, but its state is ${state}${held === undefined ? '' : ` (${held})`}`,
          );
        }
      }
    }
  }
  return problems;
}

/** Whether a status shows an installation on a WorkSpace that is on hold, and that doesn't wait for a removal itself. */
function holdsInstallation({ status }: StoredObject, workspaceID: string): boolean {
  return ((status?.associations ?? []) as Assessment[]).some(
    (row) =>
      row.workspaceID === workspaceID &&
      row.action === 'Associate' &&
      row.holdReason !== undefined &&
      row.holdReason !== 'ReplacementPending',
  );
}

/** Whether AWS can't rule out that the user is connected, until someone changes that. */
function mayBeConnected({
  connection,
  isConnectionChecked,
  runningMode,
}: Pick<SimulatedWorkspace, 'connection' | 'isConnectionChecked' | 'runningMode'>): boolean {
  return connection !== 'DISCONNECTED' || !isConnectionChecked || runningMode === 'MANUAL';
}

/**
 * Whether a policy requests removals on more WorkSpaces than it permits. WorkSpaces that can't change don't count,
 * for example, protected ones.
 */
function exceedsLimit(
  policy: { readonly key: string; readonly spec: PolicySpec },
  context: PolicyContext,
  cloud: SimulatedCloud,
): boolean {
  const selected = cloud.workspaces.filter((one) => selects(policy.spec, cloud.factsOf(one), context.now) === true);
  const affected = selected.filter((workspace) =>
    [...workspace.associations.values()].some(({ applicationID, state }) => {
      const application = context.applications.find((one) => one.applicationID === applicationID);
      return (
        state !== 'REMOVED' &&
        application !== undefined &&
        requestsChange('Remove', policy, context, cloud.factsOf(workspace), application)
      );
    }),
  );
  const limit = policy.spec.safeguards?.maxAffectedWorkspaces ?? '20%';
  return affected.length > resolveIntOrPercent(limit, selected.length);
}

/** Whether an association has changed after AWS rejected a change of its WorkSpace, and no change was sent since. */
function hasCauseEnded(
  { workspaceID, associations }: SimulatedCloud['workspaces'][number],
  applicationID: string,
  { observed: { rejectedAt, sentAt } }: Watcher,
): boolean {
  const { lastUpdated = 0, stateReason } = associations.get(applicationID) ?? {};
  const rejected = rejectedAt.get(workspaceID) ?? Number.POSITIVE_INFINITY;
  // The operator doesn't retry deployments that fail for such a reason.
  const isFinal = stateReason?.errorCode?.startsWith('ValidationError') ?? false;
  return lastUpdated - START_TIME > rejected && (sentAt.get(workspaceID) ?? 0) <= rejected && !isFinal;
}

/**
 * Returns every change that the operator began, that no policy asks for, and that it has not reverted
 * although the policy that began it may change the WorkSpace.
 */
function abandonedChanges(
  policies: readonly { readonly key: string; readonly uid: string; readonly spec: PolicySpec }[],
  context: PolicyContext,
  cloud: SimulatedCloud,
  { observed }: Watcher,
): Problem[] {
  return cloud.workspaces.flatMap((workspace) =>
    [...workspace.associations.values()].flatMap(({ applicationID, state, lastUpdated }): Problem[] => {
      const pair = `${workspace.workspaceID} ${applicationID}`;
      const started = observed.startedChange(pair, lastUpdated);
      if (!PENDING_STATES.has(state) || started === undefined) {
        return [];
      }
      const facts = cloud.factsOf(workspace);
      const application = observed.application(applicationID);
      const mayRevert = policies.some((one) => started.requestedBy.has(one.uid) && mayChange(one, context, facts));
      const isBlocked =
        PERMANENT_STATES.has(workspace.state) ||
        workspace.connection !== 'DISCONNECTED' ||
        workspace.workspaceID === cloud.rejectsChangesOf ||
        isConflict(context, facts, application);
      // If a policy asks for the opposite, that is a change to which all holds apply.
      const isAbandoned = (['Install', 'Remove'] as const).every(
        (goal) => !isAskedFor(goal, policies, context, facts, application),
      );
      return isAbandoned && mayRevert && !isBlocked
        ? [{ rule: 'AbandonedChange', message: `nobody asks for ${pair} to stay ${state}, and it is not reverted` }]
        : [];
    }),
  );
}
