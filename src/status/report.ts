import type { FleetLocation } from '../execute/context.ts';
import { NOTHING_DONE, type Outcome } from '../execute/outcome.ts';
import { requeueAfter, retryReads } from '../execute/requeue.ts';
import type { ChangeHistory } from '../history/changeHistory.ts';
import { gracePeriodEnds, recordFirstSeen } from '../history/gracePeriod.ts';
import { watchHolds } from '../history/holdWatch.ts';
import type { BundleView } from '../inventory/bundleCache.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RefreshRequest } from '../inventory/refresher.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import { type Approval, carriedOutPlanID, isRecorded } from '../plan/approval.ts';
import type { Decision } from '../plan/decide.ts';
import type { PeerPolicies } from '../plan/deployment.ts';
import { driftSources } from '../plan/driftSources.ts';
import { withHoldsFound } from '../plan/holds/hold.ts';
import { isRetryable, isRevert, isRollingOut } from '../plan/plan.ts';
import type { QuotaView } from '../plan/quota.ts';
import type { RolloutRecord } from '../plan/rollout.ts';
import type { PolicyAnnotations } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sequence } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import { type Assessment, assess, heldByReason } from './assessment.ts';
import { planBlocker } from './blocker.ts';
import type { Blocker } from './conditions.ts';
import type { PolicyEvent } from './eventMessages.ts';
import { eventStateOf } from './eventState.ts';
import { eventsOf } from './events.ts';
import { ignoredApproval, ignoredApprovalEvents } from './ignoredApproval.ts';
import { notEvaluatedStatus } from './notEvaluated.ts';
import type { PolicyStatus } from './resource.ts';
import { restoredEvents, restoredIn, restoredWorkspaces, selectedOf, unknownAfter } from './restored.ts';
import type { RunState } from './runState.ts';
import { knownContents, sourceEvents, sourcesFor, unknownSourcesMessage } from './sources.ts';
import { evaluatedStatus } from './status.ts';
import { unreadRemovals } from './unconfirmedRemovals.ts';

/** Result of a run. */
export interface Reconciliation {
  readonly status: PolicyStatus;
  /** Assessments of all associations, of which the status lists the most severe. Undefined if the policy could not be evaluated. */
  readonly assessments: Sequence<Assessment> | undefined;
  readonly events: readonly PolicyEvent[];
  readonly outcome: Outcome;
  /** Number of held changes by reason. Undefined if the policy could not be evaluated. */
  readonly held: ReadonlyMap<string, number> | undefined;
  /** State for the next run. */
  readonly state: RunState;
  /** Milliseconds until the next run. */
  readonly requeueAfter: number;
}

/** Inputs of a report that don't depend on what the run did. */
interface ReportContext extends Pick<PeerPolicies, 'policiesInScope'> {
  readonly policy: Policy;
  readonly annotations: PolicyAnnotations;
  readonly previous: PolicyStatus | undefined;
  readonly location: FleetLocation;
  /** Rollout that the last written status records. */
  readonly rollout: RolloutRecord;
  readonly history: Pick<ChangeHistory, 'backoff' | 'retries' | 'removals' | 'started'>;
  readonly bundles?: BundleView | undefined;
  readonly inventory: Pick<Inventory, 'pace'>;
  /** Allowed rate of the fleet, in requests per second. */
  readonly callsPerSecond: number;
  readonly quota: Pick<QuotaView, 'limit'>;
  readonly gracePeriodMs: number;
  /** Whether the run follows reads that events caused. Defaults to false. */
  readonly followsEvents?: boolean | undefined;
  readonly now: Date;
  /** Monotonic time in milliseconds. */
  readonly monotonic: number;
  /** Number from 0 to 1. */
  readonly random: number;
}

/** What a run did. */
interface RunResult {
  /** State before the run. */
  readonly state: RunState;
  readonly observed: { readonly snapshot: Snapshot; readonly refreshes: RefreshRequest; readonly durationMs: number };
  /** Approval of the plan that the run applied. */
  readonly approval: Approval;
  readonly outcome: Outcome;
  /** Snapshot and decision after the changes. */
  readonly latest: Snapshot;
  readonly after: Decision;
}

/** Returns the result of a run: the status, the Events, the state for the next run, and its time. */
export function* report(
  { state, observed, approval: applied, outcome, latest, after }: RunResult,
  context: ReportContext,
): Sliced<Reconciliation> {
  const { policy, previous, location, history, inventory, bundles, gracePeriodMs, now, monotonic, random } = context;
  const plan = withHoldsFound(after.plan, outcome.held);
  const recorded = restoredIn(previous, location);
  const remembered = restoredWorkspaces(policy, recorded, plan, latest, context.annotations.restoreConfirmation);
  const restored = selectedOf(remembered, plan);
  const assessments = yield* assess(
    plan,
    (finding) => (isRetryable(finding) ? (history.retries.get(finding.workspace.workspaceID, policy)?.count ?? 0) : 0),
    unknownAfter(restored),
  );
  yield;
  const watchedHolds = watchHolds(plan, state.watchedHolds, observed.refreshes, now);
  const firstSeen = yield* recordFirstSeen(plan, policy, state.firstSeen, monotonic);
  yield;
  const delay = requeueAfter({
    policy,
    snapshot: latest,
    plan,
    outcome,
    watchedHolds,
    pace: inventory.pace,
    readDurationMs: observed.durationMs,
    followsEvents: context.followsEvents,
    // An approval or a resumption that this status records takes effect in the next run.
    gracePeriodEnds:
      isRecorded(applied, state.approval) && !context.rollout.isResuming
        ? yield* gracePeriodEnds(plan, policy, firstSeen, gracePeriodMs, monotonic)
        : 0,
    now,
    random,
  });
  yield;
  const { approval } = after;
  const contentsOf = knownContents(bundles, previous, location);
  const peers = context.policiesInScope(policy);
  const found = yield* driftSources(policy, peers, plan, latest.applications, contentsOf, now);
  const sources = sourcesFor(plan, found, previous, policy, location);
  const changed = outcome.made.flatMap(({ findings }) => findings).filter((finding) => !isRevert(finding));
  const ignored = ignoredApproval(policy, plan, approval, context.annotations.approval);
  return {
    status: yield* evaluatedStatus({
      ...context,
      plan,
      assessments,
      outcome,
      approval,
      carriedOut: carriedOutPlanID(changed, applied),
      removals: history.removals.recentFor(policy.key, now.getTime()),
      started: history.started.recordedFor(policy),
      restored,
      remembered,
      sources,
      unknownSources: unknownSourcesMessage(bundles?.failure),
      blocker: planBlocker(policy, plan, history.backoff, after.rollout),
      deployments: { record: context.rollout, progress: after.rollout, snapshot: latest },
      effectiveInterval: latest.effectiveInterval,
      limits: { callsPerSecond: context.callsPerSecond, disassociationsPerHour: context.quota.limit },
      listedAt: new Date(latest.listedAt),
      nextSync: new Date(now.getTime() + delay),
    }),
    assessments,
    events: [
      ...(yield* eventsOf(state.eventState, plan, assessments, outcome, policy)),
      ...restoredEvents(restored, recorded, policy),
      ...sourceEvents(sources, previous, location),
      ...ignoredApprovalEvents(state.approval, approval, ignored),
    ],
    outcome,
    held: yield* heldByReason(assessments),
    state: {
      eventState: yield* eventStateOf(assessments, plan),
      failedReads: 0,
      watchedHolds,
      isRollingOut: isRollingOut(plan, outcome),
      // While changes are due, they take precedence over a listing.
      recordedSelection: plan.changes.length > 0 ? state.recordedSelection : undefined,
      firstSeen,
      approval,
      unconfirmedRemovals: unreadRemovals(state.unconfirmedRemovals, observed.snapshot),
    },
    requeueAfter: delay,
  };
}

/** Returns the result of a run whose reads failed. It keeps what earlier runs found. */
export function reportFailedReads(
  state: RunState,
  blocker: Blocker,
  { policy, annotations, previous, now, random }: ReportContext,
): Reconciliation {
  const failedReads = state.failedReads + 1;
  return {
    status: notEvaluatedStatus(policy, annotations, previous, blocker, now),
    assessments: undefined,
    events: state.failedReads > 0 ? [] : [{ type: 'Warning', reason: blocker.reason, message: blocker.message }],
    outcome: NOTHING_DONE,
    held: undefined,
    state: { ...state, failedReads },
    requeueAfter: retryReads(policy, failedReads, blocker.terminal, random),
  };
}
