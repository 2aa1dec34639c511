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
import { planIdOf } from './plan/approval.ts';
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
import { notEvaluatedStatus } from './status/notEvaluated.ts';
import type { PolicyStatus } from './status/resource.ts';
import { type RunState, restoreState } from './status/runState.ts';
import { evaluatedStatus } from './status/status.ts';
import { recordConfirmedRemovals } from './status/unconfirmedRemovals.ts';

/** What a run of a policy needs. */
export interface ReconcileContext extends FleetContext, PeerPolicies {
  /** What the fleet allows; the policies are those under these terms. */
  readonly limits: FleetLimits;
  /** False once the process has to leave the fleet alone. */
  readonly mayAct: () => boolean;
  /** How long a status must have shown a change before it is made, in milliseconds. */
  readonly gracePeriodMs: number;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface Reconciliation {
  readonly status: PolicyStatus;
  /** Every association that the policy is about, of which the status lists the most urgent; undefined if it couldn't be evaluated. */
  readonly assessments: readonly Assessment[] | undefined;
  readonly events: readonly PolicyEvent[];
  readonly outcome: Outcome;
  /** How many changes are held, by reason; undefined where nothing could be read. */
  readonly held: ReadonlyMap<string, number> | undefined;
  readonly state: RunState;
  /** Milliseconds until the policy is due again. */
  readonly requeueAfter: number;
}

/** So long a run makes changes before it reports, in milliseconds; then it goes on. */
const RUN_TIME = 10_000;

/** One run of one policy: read → plan → guard → execute → status. */
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
  const readingTook = clock.monotonic() - started;
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
  const decideOn = (seen: Snapshot, before: RunState['approval']) =>
    decide(policy, seen, before, annotations.approvedPlan, context);
  const first = await decideOn(snapshot, state.approval);
  const sessions = workspacesToCheckForSessions(
    first.plan,
    policy,
    (id) => inventory.connectionSeenAt(id),
    clock.now(),
  );
  await inventory.refresh({ connectionOf: sessions });
  const { plan, approval } =
    sessions.length === 0 ? first : await decideOn(inventory.withLatest(snapshot), first.approval);
  const due = changesPastGracePeriod(plan, state.firstSeen, clock.monotonic() - gracePeriodMs);
  const endOfRun = clock.monotonic() + RUN_TIME;
  const reservation = await quota.reserve(disassociationsIn(due), clock.now());
  const outcome = await execute(due, {
    ...context,
    reservation,
    policy,
    policies,
    evaluate: evaluatorFor(applicablePolicies(policy, policies), clock.now()),
    isClaimedByOther: claimedByOther(policy, context),
    isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,
    hasTime: () => clock.monotonic() < endOfRun,
  }).finally(() => reservation.close());

  await yieldToEventLoop(clock);
  const isUntouched = due.changes.length === 0;
  const seen = isUntouched ? snapshot : inventory.withLatest(snapshot);
  const after = isUntouched ? { plan, approval } : await decideOn(seen, approval);
  const left = withHoldsFound(after.plan, outcome.held);
  backoff.retain(policy, left.findings);
  retries.retain(policy.key, left.findings);
  const assessments = assess(left, (finding) =>
    isRetryable(finding) ? (retries.get(finding.workspace.workspaceID, policy)?.count ?? 0) : 0,
  );
  await yieldToEventLoop(clock);
  const now = clock.now();
  const watchedHolds = watchHolds(left, state.watchedHolds, refreshes, now);
  const firstSeen = recordFirstSeen(left, state.firstSeen, clock.monotonic());
  const delay = requeueAfter({
    policy,
    snapshot: seen,
    plan: left,
    outcome,
    watchedHolds,
    readingTook,
    gracePeriodEnds: gracePeriodEnds(left, firstSeen, gracePeriodMs, clock.monotonic()),
    now,
    random: context.random(),
  });
  await yieldToEventLoop(clock);
  const status = evaluatedStatus({
    policy,
    annotations,
    previous,
    location: context.location,
    plan: left,
    assessments,
    outcome,
    approval: after.approval,
    carriedOut: planIdOf(approval) ?? '',
    removals: removals.of(policy.key, now.getTime()),
    blocker: planBlocker(policy, left, backoff),
    listedAt: new Date(seen.listedAt),
    now,
    nextSync: new Date(now.getTime() + delay),
  });
  await yieldToEventLoop(clock);
  const events = eventsOf(state.eventState, left, assessments, outcome);
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
