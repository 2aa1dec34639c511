import type { Clock } from './clock.ts';
import { type BlockedWorkspaces, blockedIn, dueForALook } from './execute/blocked.ts';
import type { FleetContext } from './execute/context.ts';
import { execute } from './execute/execute.ts';
import { NOTHING_DONE, type Outcome } from './execute/outcome.ts';
import { retryReads, runAgainAfter } from './execute/schedule.ts';
import { sessionsToLookAt } from './execute/sessions.ts';
import { doneFrom, type Shown, showChanges, shownChanges } from './execute/shown.ts';
import { needsOf } from './fleet/needs.ts';
import type { Snapshot } from './fleet/snapshot.ts';
import { type Approval, carryOn, planIdOf, type RecordedApproval, takeUp } from './plan/approval.ts';
import { deployedByAnother } from './plan/deployment.ts';
import { holdFound } from './plan/holds/hold.ts';
import { applyHolds, pendingToDeploy } from './plan/holds/index.ts';
import { failedAsWanted, type Plan, planChanges } from './plan/plan.ts';
import { judgeFor, votersFor } from './plan/verdict.ts';
import type { Policy } from './policy/policy.ts';
import type { Request } from './policy/request.ts';
import { eventsOf, type PolicyEvent, type Told, toldFrom, toldOf } from './status/events.ts';
import { removalsIn } from './status/recentRemovals.ts';
import type { PolicyStatus } from './status/resource.ts';
import { rowsOf } from './status/rows.ts';
import { evaluatedStatus, unevaluatedStatus } from './status/status.ts';
import { planTrouble, readTrouble } from './status/trouble.ts';

/** What a run of a policy needs. */
export interface ReconcileContext extends FleetContext {
  /** What each policy was to deploy at its last run. */
  readonly deploying: Map<string, { policies: readonly Policy[]; pending: ReadonlySet<string> }>;
  /** The policies with a say in what a policy does, itself included. The same array for as long as none of them changes. */
  readonly policiesConcerning: (policy: Policy) => readonly Policy[];
  /** False once the process has to leave the fleet alone. */
  readonly mayAct: () => boolean;
  /** How long a status must have shown a change before it is made, in milliseconds. */
  readonly showFor: number;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What a run leaves to the next one of the same policy. A process that starts has none of it, and takes what the status tells. */
export interface Memory {
  readonly told: Told;
  /** Runs in a row whose reads failed. */
  readonly failedReads: number;
  readonly blocked: BlockedWorkspaces;
  readonly shown: Shown;
  readonly approval: Approval | RecordedApproval;
}

export interface Reconciliation {
  readonly status: PolicyStatus;
  readonly events: readonly PolicyEvent[];
  readonly outcome: Outcome;
  readonly memory: Memory;
  /** Milliseconds until the policy is due again. */
  readonly runAgainAfter: number;
}

/** So long a run makes changes before it reports, in milliseconds; then it goes on. */
const RUN_TIME = 10_000;

/** One run of one policy: read → plan → guard → execute → status. */
export async function reconcile(
  policy: Policy,
  request: Request,
  previous: PolicyStatus | undefined,
  remembered: Memory | undefined,
  context: ReconcileContext,
): Promise<Reconciliation> {
  const memory = remembered ?? recollect(policy, previous, context);
  const { inventory, attempts, repeated, removals, deploying, showFor, clock } = context;
  const policies = context.policiesConcerning(policy);

  const started = clock.monotonic();
  const due = dueForALook(memory.blocked, policy.interval, clock.now());
  await inventory.look(due);
  const notBefore = request.reconcileRequestedAt === previous?.lastHandledReconcileAt ? undefined : request.askedAt;
  const snapshot = await inventory.read(needsOf(policy, policies, clock.now()), policy.interval, notBefore);
  const readingTook = clock.monotonic() - started;
  const unread = readTrouble(snapshot.failures);
  if (unread !== undefined) {
    const failedReads = memory.failedReads + 1;
    return {
      status: unevaluatedStatus(policy, previous, unread, clock.now()),
      events: memory.failedReads > 0 ? [] : [{ type: 'Warning', reason: unread.reason, message: unread.message }],
      outcome: NOTHING_DONE,
      memory: { ...memory, failedReads },
      runAgainAfter: retryReads(policy, failedReads, unread.needsPerson, context.random()),
    };
  }

  const first = guard(policy, policies, snapshot, memory.approval, request, context);
  const sessions = sessionsToLookAt(first.plan, policy, (id) => inventory.connectionSeenAt(id), clock.now());
  await inventory.look({ connectionOf: sessions });
  const { plan, approval } =
    sessions.length === 0
      ? first
      : guard(policy, policies, inventory.recall(snapshot), first.approval, request, context);
  const shown = shownChanges(plan, memory.shown, clock.now().getTime() - showFor);
  const endOfRun = clock.monotonic() + RUN_TIME;
  const outcome = await execute(shown, {
    ...context,
    policy,
    judge: judgeFor(votersFor(policy, policies), clock.now()),
    isDeployedByAnother: deployedByAnother(policy, context.policiesConcerning, deploying),
    stands: () => context.mayAct() && context.policiesConcerning(policy) === policies,
    hasTime: () => clock.monotonic() < endOfRun,
  });

  const isUntouched = shown.changes.length === 0;
  const seen = isUntouched ? snapshot : inventory.recall(snapshot);
  const after = isUntouched ? { plan, approval } : guard(policy, policies, seen, approval, request, context);
  const left = holdFound(after.plan, outcome.held);
  attempts.retain(policy, left.findings);
  repeated.retain(policy.key, left.findings);
  const rows = rowsOf(left, (finding) =>
    failedAsWanted(finding) ? (repeated.get(finding.workspace.workspaceId, policy)?.count ?? 0) : 0,
  );
  const now = clock.now();
  const blocked = blockedIn(left, memory.blocked, due, now);
  const nowShown = showChanges(left, memory.shown, now.getTime());
  const again = runAgainAfter({
    policy,
    snapshot: seen,
    plan: left,
    outcome,
    blocked,
    readingTook,
    doneFrom: doneFrom(left, nowShown, showFor, now.getTime()),
    now,
    random: context.random(),
  });
  return {
    status: evaluatedStatus({
      policy,
      request,
      previous,
      plan: left,
      rows,
      outcome,
      approval: after.approval,
      carriedOut: planIdOf(approval) ?? '',
      removals: removals.of(policy.key, now.getTime()),
      trouble: planTrouble(policy, left, attempts),
      listedAt: new Date(seen.listedAt),
      now,
      nextSync: new Date(now.getTime() + again),
    }),
    events: eventsOf(memory.told, left, rows, outcome),
    outcome,
    memory: { told: toldOf(rows), failedReads: 0, blocked, shown: nowShown, approval: after.approval },
    runAgainAfter: again,
  };
}

/** What a policy would do now, and how far that is approved. Tells the other policies what it is about to deploy. */
function guard(
  policy: Policy,
  policies: readonly Policy[],
  snapshot: Snapshot,
  before: Approval | RecordedApproval,
  request: Request,
  context: ReconcileContext,
): { plan: Plan; approval: Approval } {
  const now = context.clock.now();
  const plan = planChanges(policy, policies, snapshot, now);
  const approval = carryOn(plan, 'covered' in before ? before : takeUp(plan, before), request.approvedPlan);
  const holds = {
    ...context,
    policy,
    snapshot,
    now,
    approval,
    isDeployedByAnother: deployedByAnother(policy, context.policiesConcerning, context.deploying),
  };
  context.deploying.set(policy.key, { policies, pending: pendingToDeploy(plan, holds) });
  return { plan: applyHolds(plan, holds), approval };
}

/** Goes on where an earlier process left off, as far as the status tells. */
function recollect(policy: Policy, previous: PolicyStatus | undefined, context: ReconcileContext): Memory {
  const { repeated, removals, inventory, clock } = context;
  for (const { pair, times } of removalsIn(previous?.recentRemovals)) {
    times.forEach((time) => void removals.record(pair, time, policy.key));
  }
  for (const one of previous?.associations ?? []) {
    const { workspaceId, associatedResourceId, lastUpdatedTime, repetitions } = one;
    if (repetitions !== undefined) {
      const updated = lastUpdatedTime === undefined ? undefined : new Date(lastUpdatedTime);
      const operation = one.verdict === 'Required' ? 'Install' : 'Uninstall';
      const association = { workspaceId, applicationId: associatedResourceId, lastUpdatedTime: updated };
      inventory.rememberFailed(operation, association);
      if (repeated.get(workspaceId, policy) === undefined) {
        repeated.restore(workspaceId, policy, repetitions, clock.now());
      }
    }
  }
  const approval = { lastApproved: previous?.lastApprovedPlan, remainder: previous?.plan?.approvedRemainder };
  return { told: toldFrom(previous), failedReads: 0, blocked: new Map(), shown: new Map(), approval };
}
