import { isRecent } from '../clock.ts';
import type { FleetLocation } from '../execute/context.ts';
import type { Outcome } from '../execute/outcome.ts';
import type { Workspace } from '../fleet/model.ts';
import { possibleSessionOn } from '../fleet/openWork.ts';
import { type Approval, encodeOutcomes, planIdOf } from '../plan/approval.ts';
import type { RolloutLimits } from '../plan/duration.ts';
import { type Change, isRevert, type Plan } from '../plan/plan.ts';
import { windowState } from '../plan/window.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import { formatDuration } from '../policy/duration.ts';
import { interruptsUsers, type Policy } from '../policy/policy.ts';
import type { Sequence } from '../sequence.ts';
import { eachSliced, mapSliced, type Sliced } from '../slices.ts';
import { applicationsOf } from './applications.ts';
import type { Assessment } from './assessment.ts';
import { associationsOf, MAX_ASSOCIATIONS } from './associations.ts';
import { complianceOf } from './compliance.ts';
import { type Blocker, evaluatedConditions, toConditions } from './conditions.ts';
import { ignoredApproval } from './ignoredApproval.ts';
import { emptiedRecords } from './inheritedStatus.ts';
import { recentRemovalsOf } from './recentRemovals.ts';
import { replacementsIn } from './replacements.ts';
import { handled, type PolicyStatus, timestamp } from './resource.ts';
import { type RestoredWorkspace, restoredMessage } from './restored.ts';
import { rolloutOf } from './rollout.ts';
import { type GuardInputs, guardOf, recordedRollout } from './rolloutGuard.ts';
import { isSameJson } from './sameJson.ts';
import { startedOf } from './started.ts';
import { tableOf } from './table.ts';
import { unapprovedOf, unapprovedPart } from './unapproved.ts';
import { undecidedMessages } from './undecided.ts';

/** Age from which the times are written even if nothing else changed. */
const HEARTBEAT_MS = 60 * 60_000;
const MAX_HISTORY = 5;
const MINUTE_MS = 60_000;

interface Evaluation {
  readonly policy: Policy;
  readonly annotations: PolicyAnnotations;
  readonly previous: PolicyStatus | undefined;
  readonly location: FleetLocation;
  /** Plan after the changes of the run. */
  readonly plan: Plan;
  /** Assessments of that plan. */
  readonly assessments: Sequence<Assessment>;
  readonly outcome: Outcome;
  readonly approval: Approval;
  /** ID of the plan that the run carried out. */
  readonly carriedOut: string;
  /** Recent removals of the policy, the most frequent first. */
  readonly removals: Parameters<typeof recentRemovalsOf>[0];
  /** Changes that the operator started for the policy, the newest first. */
  readonly started: Parameters<typeof startedOf>[0];
  /** Selected WorkSpaces that AWS restored and whose applications are unknown, the newest first. */
  readonly restored: readonly RestoredWorkspace[];
  /** These and the ones that an edit excludes. */
  readonly remembered: readonly RestoredWorkspace[];
  /** Sources of drift. */
  readonly sources: NonNullable<PolicyStatus['sources']>;
  /** Message about sources of drift that are unknown. Undefined if they are known. */
  readonly unknownSources: string | undefined;
  readonly blocker: Blocker | undefined;
  /** Deployments of the rollout after the changes of the run. */
  readonly deployments: Pick<GuardInputs, 'record' | 'progress' | 'snapshot'>;
  /** Interval at which the fleet is read, in milliseconds. */
  readonly effectiveInterval: number;
  readonly limits: RolloutLimits;
  /** Time of the listing of WorkSpaces. */
  readonly listedAt: Date;
  readonly now: Date;
  readonly nextSync: Date;
}

/** Returns the status of an evaluated policy. */
export function* evaluatedStatus(evaluation: Evaluation): Sliced<PolicyStatus> {
  const {
    policy,
    annotations,
    previous,
    plan,
    assessments,
    outcome,
    approval,
    carriedOut,
    removals,
    started,
    restored,
    remembered,
    sources,
    unknownSources,
    blocker,
    limits,
    deployments,
    now,
  } = evaluation;
  const recorded = recordedRollout(policy, previous);
  const rollout = yield* rolloutOf({
    assessments,
    selectedCount: plan.selectedCount,
    limits,
    previous: recorded,
    progress: deployments.progress,
    guard: (isNew) => guardOf({ ...deployments, plan, outcome, isNew, previous: recorded, now }),
    madeChanges: outcome.made.length > 0,
    now,
  });
  const compliance = yield* complianceOf(plan.selected, assessments, plan.selectedCount, restored);
  const ignored = ignoredApproval(policy, plan, approval, annotations.approval);
  yield;
  const conditions = yield* evaluatedConditions(
    compliance,
    assessments,
    plan.resolution,
    blocker,
    ignored,
    undecidedMessages(plan),
    [restoredMessage(restored, policy), unknownSources].filter((remark) => remark !== undefined),
  );
  const applications = yield* applicationsOf(plan, assessments);
  yield;
  const isUnapproved = unapprovedPart(plan, policy, approval);
  yield;
  return {
    ...emptiedRecords(policy, previous),
    observedGeneration: policy.generation,
    fleet: fleetOf(evaluation.location),
    ...handled(annotations.reconcileRequestedAt),
    ...(annotations.resume !== undefined && { lastHandledResumeAt: annotations.resume.value }),
    ...approvalRecordOf(policy, approval),
    lastSyncTime: timestamp(now),
    nextSyncTime: timestamp(evaluation.nextSync),
    ...effectiveIntervalOf(policy, evaluation.effectiveInterval),
    lastListTime: timestamp(evaluation.listedAt),
    ...nextWindowOf(policy, now),
    applications,
    associations: associationsOf(assessments, isUnapproved),
    associationsOmitted: Math.max(0, assessments.length - MAX_ASSOCIATIONS),
    compliance,
    conditions: toConditions(conditions, policy.generation, previous?.conditions, now),
    history: historyOf(previous, carriedOut, outcome, now),
    plan: yield* planOf(plan, policy, approval, isUnapproved),
    ...(removals.length > 0 && { recentRemovals: recentRemovalsOf(removals) }),
    ...(remembered.length > 0 && { restoredWorkspaces: [...remembered] }),
    ...(sources.length > 0 && { sources }),
    ...(started.length > 0 && { started: startedOf(started) }),
    ...(rollout !== undefined && { rollout }),
    summary: yield* tableOf(assessments, rollout),
  };
}

/**
 * Whether a status must be written: more than its times changed, they differ by an hour, the next sync is more than an hour later, or the
 * effective interval begins or ends, for example, when events of AWS start or stop to arrive.
 */
export function statusChanged(previous: PolicyStatus | undefined, next: PolicyStatus, now: Date): boolean {
  const withoutTimes = (status: PolicyStatus) => ({
    ...status,
    lastSyncTime: undefined,
    nextSyncTime: undefined,
    lastListTime: undefined,
    effectiveInterval: status.effectiveInterval !== undefined,
    rollout: status.rollout && { ...status.rollout, estimatedCompletionTime: undefined },
  });
  const writtenAt = Date.parse(previous?.lastSyncTime ?? '');
  const isStale = next.lastSyncTime !== previous?.lastSyncTime && !isRecent(writtenAt, HEARTBEAT_MS, now.getTime());
  const expectedSync = Math.max(Date.parse(previous?.nextSyncTime ?? ''), now.getTime());
  const isLater = Date.parse(next.nextSyncTime ?? '') > expectedSync + HEARTBEAT_MS;
  return previous === undefined || isStale || isLater || !isSameJson(withoutTimes(previous), withoutTimes(next));
}

function fleetOf({ name, accountID, region }: FleetLocation): NonNullable<PolicyStatus['fleet']> {
  return { ...(name !== undefined && { name }), accountID, region };
}

/** Returns the record of approvals. */
function approvalRecordOf(policy: Policy, { lastHandled, lastApproved, revision }: Approval): PolicyStatus {
  return {
    ...(policy.uid !== '' && { objectUID: policy.uid }),
    ...(lastHandled !== undefined && { lastHandledApproval: lastHandled }),
    ...(lastApproved !== undefined && { lastApprovedPlan: lastApproved }),
    planRevision: revision,
  };
}

/** Returns the interval of the reads in whole minutes if it exceeds the interval of the policy. */
function effectiveIntervalOf({ interval }: Policy, effectiveInterval: number): PolicyStatus {
  const minutes = Math.ceil(effectiveInterval / MINUTE_MS);
  return effectiveInterval > interval ? { effectiveInterval: formatDuration(minutes * MINUTE_MS) } : {};
}

function nextWindowOf({ maintenanceWindows }: Policy, now: Date): PolicyStatus {
  const { nextOpening } = windowState(maintenanceWindows, now);
  return nextOpening === undefined ? {} : { nextWindow: timestamp(nextOpening) };
}

function historyOf(previous: PolicyStatus | undefined, carriedOut: string, { made, failures }: Outcome, now: Date) {
  const history = previous?.history ?? [];
  if (made.length === 0) {
    return history;
  }
  const count = (action: Change['action']) => made.filter((one) => one.action === action).length;
  const run = {
    time: timestamp(now),
    plan: carriedOut,
    disassociated: count('Disassociate'),
    associated: count('Associate'),
    deployed: count('Deploy'),
    failed: failures.length,
  };
  const [latest, ...earlier] = history;
  if (latest?.plan !== run.plan) {
    return [run, ...history].slice(0, MAX_HISTORY);
  }
  const sum = {
    disassociated: latest.disassociated + run.disassociated,
    associated: latest.associated + run.associated,
    deployed: latest.deployed + run.deployed,
    failed: latest.failed + run.failed,
  };
  return [{ ...run, ...sum }, ...earlier];
}

/**
 * Returns the numbers of a plan. `disassociate`, `associate`, and `deploy` count what the policy asks for, whether or not it is held, also
 * under Audit; `held` counts how many of these changes wait. With `deploy: Manual`, only WorkSpaces with a pending deployment count.
 *
 * @param isUnapproved whether a finding requires an approval. Undefined if none does
 */
export function* planOf(
  plan: Plan,
  policy: Policy,
  approval: Approval,
  isUnapproved = unapprovedPart(plan, policy, approval),
) {
  const id = planIdOf(approval);
  const remainder = yield* encodeOutcomes(plan, approval.approvedOutcomes);
  const proposed = yield* encodeOutcomes(plan, approval.proposed?.outcome);
  const counts = { Disassociate: 0, Associate: 0, Deploy: 0 };
  const toDeploy = new Map<string, Workspace>();
  const add = ({ action, finding }: Change) => {
    counts[action]++;
    if (policy.deploy === 'Automatic' ? !isRevert(finding) : action === 'Deploy') {
      toDeploy.set(finding.workspace.workspaceID, finding.workspace);
    }
  };
  yield* eachSliced(plan.changes, add);
  yield* eachSliced(plan.held, ({ change }) => add(change));
  const replace = yield* replacementsIn(plan.findings);
  const unapproved = isUnapproved && (yield* unapprovedOf(plan, policy, approval, isUnapproved));
  return {
    ...(id !== undefined && { id }),
    ...(proposed !== undefined && { proposedOutcome: proposed }),
    ...(remainder !== undefined && { approvedRemainder: remainder }),
    disassociate: counts.Disassociate,
    associate: counts.Associate,
    deploy: toDeploy.size,
    held: plan.held.length,
    ...(replace > 0 && { replace }),
    ...(unapproved !== undefined && { unapproved }),
    ...(interruptsUsers(policy) && (yield* sessionsOn(toDeploy.values()))),
  };
}

/** Counts the sessions that deployments end, as of the last reads. */
function* sessionsOn(workspaces: Iterable<Workspace>) {
  const sessions = yield* mapSliced(workspaces, (workspace) =>
    // Nobody is connected to a stopped WorkSpace.
    workspace.state === 'STOPPED' && workspace.connection?.connectionState !== 'CONNECTED'
      ? undefined
      : possibleSessionOn(workspace)?.kind,
  );
  const possible = sessions.filter((kind) => kind !== undefined);
  const connected = possible.filter((kind) => kind === 'Connected').length;
  return { sessions: connected, sessionsUnknown: possible.length - connected };
}
