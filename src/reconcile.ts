import { type Clock, yieldToEventLoop } from './clock.ts';
import type { FleetContext } from './execute/context.ts';
import { execute } from './execute/execute.ts';
import { NOTHING_DONE, type Outcome } from './execute/outcome.ts';
import { requeueAfter, retryReads } from './execute/requeue.ts';
import { workspacesToCheckForSessions } from './execute/sessionChecks.ts';
import { changesPastGracePeriod, gracePeriodEnds, recordFirstSeen } from './history/gracePeriod.ts';
import { refreshesDue, watchHolds } from './history/holdWatch.ts';
import { readRequirements } from './inventory/readRequirements.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import { carriedOutPlanID, workspacesToCheckForProtection } from './plan/approval.ts';
import { decide } from './plan/decide.ts';
import { claimedByOther, type PeerPolicies } from './plan/deployment.ts';
import { withHoldsFound } from './plan/holds/hold.ts';
import { disassociationsIn, isRetryable } from './plan/plan.ts';
import { applicablePolicies, evaluatorFor } from './plan/verdict.ts';
import type { PolicyAnnotations } from './policy/annotations.ts';
import type { Policy } from './policy/policy.ts';
import type { FleetLimits } from './policy/workspaceFleet.ts';
import { type Assessment, assess, heldByReason } from './status/assessment.ts';
import { planBlocker, readBlocker } from './status/blocker.ts';
import { eventStateOf, eventsOf, type PolicyEvent } from './status/events.ts';
import { ignoredApproval, ignoredApprovalEvents } from './status/ignoredApproval.ts';
import { notEvaluatedStatus } from './status/notEvaluated.ts';
import type { PolicyStatus } from './status/resource.ts';
import { type RunState, restoreState } from './status/runState.ts';
import { evaluatedStatus } from './status/status.ts';
import { recordConfirmedRemovals } from './status/unconfirmedRemovals.ts';

/** Dependencies of a run. */
export interface ReconcileContext extends FleetContext, PeerPolicies {
  /** Limits of the fleet. The policies are already restricted to them. */
  readonly limits: FleetLimits;
  /** Whether the process may change the fleet. False after it lost the fleet. */
  readonly mayAct: () => boolean;
  /** Minimum time for which the status must show a change before the change is made, in milliseconds. */
  readonly gracePeriodMs: number;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
}

/** Result of a run. */
export interface Reconciliation {
  readonly status: PolicyStatus;
  /** Assessments of all associations, of which the status lists the most severe. Undefined if the policy could not be evaluated. */
  readonly assessments: readonly Assessment[] | undefined;
  readonly events: readonly PolicyEvent[];
  readonly outcome: Outcome;
  /** Number of held changes by reason. Undefined if the policy could not be evaluated. */
  readonly held: ReadonlyMap<string, number> | undefined;
  /** State for the next run. */
  readonly state: RunState;
  /** Milliseconds until the next run. */
  readonly requeueAfter: number;
}

/** Maximum time a run spends on changes before it reports. The next run continues. */
const MAX_EXECUTE_MS = 10_000;

/** Reconciles one policy once: observe, decide, execute, decide again, report. Never rejects with a FleetError; the status contains the error. */
export async function reconcile(
  policy: Policy,
  annotations: PolicyAnnotations,
  previous: PolicyStatus | undefined,
  knownState: RunState | undefined,
  context: ReconcileContext,
): Promise<Reconciliation> {
  const state = knownState ?? restoreState(policy, previous, context);
  const { inventory, backoff, retries, removals, quota, gracePeriodMs, clock } = context;
  const policies = context.policiesOverlapping(policy);

  const started = clock.monotonic();
  const refreshes = refreshesDue(state.watchedHolds, policy.interval, clock.now());
  await inventory.refresh(refreshes);
  const notBefore =
    annotations.reconcileRequestedAt === previous?.lastHandledReconcileAt ? undefined : annotations.receivedAt;
  const requirements = readRequirements(policy, policies, clock.now());
  const snapshot = await inventory.read(requirements, policy.interval, notBefore);
  const readDurationMs = clock.monotonic() - started;
  const blocker = readBlocker(snapshot.failures);
  if (blocker !== undefined) {
    const failedReads = state.failedReads + 1;
    return {
      status: notEvaluatedStatus(policy, annotations, previous, blocker, clock.now()),
      assessments: undefined,
      events: state.failedReads > 0 ? [] : [{ type: 'Warning', reason: blocker.reason, message: blocker.message }],
      outcome: NOTHING_DONE,
      held: undefined,
      state: { ...state, failedReads },
      requeueAfter: retryReads(policy, failedReads, blocker.terminal, context.random()),
    };
  }

  recordConfirmedRemovals(state.unconfirmedRemovals, previous, {
    snapshot,
    requirements,
    removals,
    policyKey: policy.key,
  });
  const decideOn = (observed: Snapshot, before: RunState['approval']) =>
    decide(policy, observed, before, annotations.approval, context);
  const first = await decideOn(snapshot, state.approval);
  const sessions = workspacesToCheckForSessions(
    first.plan,
    policy,
    (id) => inventory.connectionSeenAt(id),
    clock.now(),
  );
  const toPropose = workspacesToCheckForProtection(policy, first.plan, first.approval);
  const wereRead = await inventory.refreshTags(toPropose);
  await inventory.refresh({ connectionOf: sessions });
  const { plan, approval } =
    sessions.length === 0 && !wereRead ? first : await decideOn(inventory.withLatest(snapshot), state.approval);
  // The status records an approval before the operator acts on it, so that no restart can use it twice.
  const isRecorded = approval.lastApproved === state.approval.lastApproved;
  const shown = changesPastGracePeriod(plan, state.firstSeen, clock.monotonic() - gracePeriodMs);
  const due = isRecorded ? shown : { ...shown, changes: [] };
  const executeDeadline = clock.monotonic() + MAX_EXECUTE_MS;
  const reservation = await quota.reserve(disassociationsIn(due), clock.now());
  const outcome = await execute(due, {
    ...context,
    reservation,
    policy,
    policies,
    evaluate: evaluatorFor(applicablePolicies(policy, policies), clock.now()),
    isClaimedByOther: claimedByOther(policy, context),
    isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,
    hasTime: () => clock.monotonic() < executeDeadline,
  }).finally(() => reservation.close());

  await yieldToEventLoop(clock);
  const isUnchanged = due.changes.length === 0;
  const latest = isUnchanged ? snapshot : inventory.withLatest(snapshot);
  const after = isUnchanged ? { plan, approval } : await decideOn(latest, approval);
  const remaining = withHoldsFound(after.plan, outcome.held);
  backoff.retain(policy, remaining.findings);
  retries.retain(policy.key, remaining.findings);
  const assessments = assess(remaining, (finding) =>
    isRetryable(finding) ? (retries.get(finding.workspace.workspaceID, policy)?.count ?? 0) : 0,
  );
  await yieldToEventLoop(clock);
  const now = clock.now();
  const watchedHolds = watchHolds(remaining, state.watchedHolds, refreshes, now);
  const firstSeen = recordFirstSeen(remaining, state.firstSeen, clock.monotonic());
  const delay = requeueAfter({
    policy,
    snapshot: latest,
    plan: remaining,
    outcome,
    watchedHolds,
    readDurationMs,
    gracePeriodEnds: isRecorded ? gracePeriodEnds(remaining, firstSeen, gracePeriodMs, clock.monotonic()) : 0,
    now,
    random: context.random(),
  });
  await yieldToEventLoop(clock);
  const status = evaluatedStatus({
    policy,
    annotations,
    previous,
    location: context.location,
    plan: remaining,
    assessments,
    outcome,
    approval: after.approval,
    carriedOut: carriedOutPlanID(
      outcome.made.flatMap(({ findings }) => findings),
      approval,
    ),
    removals: removals.recentFor(policy.key, now.getTime()),
    blocker: planBlocker(policy, remaining, backoff),
    listedAt: new Date(latest.listedAt),
    now,
    nextSync: new Date(now.getTime() + delay),
  });
  await yieldToEventLoop(clock);
  const ignored = ignoredApproval(policy, remaining, after.approval, annotations.approval);
  const events = [
    ...eventsOf(state.eventState, remaining, assessments, outcome),
    ...ignoredApprovalEvents(state.approval, after.approval, ignored),
  ];
  await yieldToEventLoop(clock);
  return {
    status,
    assessments,
    events,
    outcome,
    held: heldByReason(assessments),
    state: {
      eventState: eventStateOf(assessments),
      failedReads: 0,
      watchedHolds,
      firstSeen,
      approval: after.approval,
      unconfirmedRemovals: [],
    },
    requeueAfter: delay,
  };
}
