import { type Clock, giveWay } from './clock.ts';
import { blockedIn, dueForALook } from './execute/blocked.ts';
import type { FleetContext } from './execute/context.ts';
import { execute } from './execute/execute.ts';
import { NOTHING_DONE, type Outcome } from './execute/outcome.ts';
import { retryReads, runAgainAfter } from './execute/schedule.ts';
import { sessionsToLookAt } from './execute/sessions.ts';
import { doneAfter, showChanges, shownChanges } from './execute/shown.ts';
import { needsOf } from './fleet/needs.ts';
import type { Snapshot } from './fleet/snapshot.ts';
import { planIdOf } from './plan/approval.ts';
import { deployedByAnother, type Neighbours } from './plan/deployment.ts';
import { guardPlan } from './plan/guard.ts';
import { holdFound } from './plan/holds/hold.ts';
import { disassociationsIn, isRepeatable } from './plan/plan.ts';
import { judgeFor, votersFor } from './plan/verdict.ts';
import type { Policy } from './policy/policy.ts';
import type { Request } from './policy/request.ts';
import type { FleetTerms } from './policy/workspaceFleet.ts';
import { countAnnounced } from './status/announced.ts';
import { eventsOf, type PolicyEvent, toldOf } from './status/events.ts';
import { type Memory, recollect } from './status/memory.ts';
import type { PolicyStatus } from './status/resource.ts';
import { heldByReason, type Row, rowsOf } from './status/rows.ts';
import { evaluatedStatus } from './status/status.ts';
import { planTrouble, readTrouble } from './status/trouble.ts';
import { unevaluatedStatus } from './status/unevaluated.ts';

/** What a run of a policy needs. */
export interface ReconcileContext extends FleetContext, Neighbours {
  /** What the fleet allows; the policies are those under these terms. */
  readonly terms: FleetTerms;
  /** False once the process has to leave the fleet alone. */
  readonly mayAct: () => boolean;
  /** How long a status must have shown a change before it is made, in milliseconds. */
  readonly showFor: number;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface Reconciliation {
  readonly status: PolicyStatus;
  /** Every association that the policy is about, of which the status lists the most urgent; undefined if it couldn't be evaluated. */
  readonly rows: readonly Row[] | undefined;
  readonly events: readonly PolicyEvent[];
  readonly outcome: Outcome;
  /** How many changes are held, by reason; undefined where nothing could be read. */
  readonly held: ReadonlyMap<string, number> | undefined;
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
  const { inventory, attempts, repeated, removals, hourly, showFor, clock } = context;
  const policies = context.policiesConcerning(policy);

  const started = clock.monotonic();
  const due = dueForALook(memory.blocked, policy.interval, clock.now());
  await inventory.look(due);
  const notBefore = request.reconcileRequestedAt === previous?.lastHandledReconcileAt ? undefined : request.askedAt;
  const needs = needsOf(policy, policies, clock.now());
  const snapshot = await inventory.read(needs, policy.interval, notBefore);
  const readingTook = clock.monotonic() - started;
  const unread = readTrouble(snapshot.failures);
  if (unread !== undefined) {
    const failedReads = memory.failedReads + 1;
    return {
      status: unevaluatedStatus(policy, request, previous, unread, clock.now()),
      rows: undefined,
      events: memory.failedReads > 0 ? [] : [{ type: 'Warning', reason: unread.reason, message: unread.message }],
      outcome: NOTHING_DONE,
      held: undefined,
      memory: { ...memory, failedReads },
      runAgainAfter: retryReads(policy, failedReads, unread.needsPerson, context.random()),
    };
  }

  countAnnounced(memory.announced, previous, { snapshot, needs, removals, policyKey: policy.key });
  const guard = (seen: Snapshot, before: Memory['approval']) =>
    guardPlan(policy, seen, before, request.approvedPlan, context);
  const first = await guard(snapshot, memory.approval);
  const sessions = sessionsToLookAt(first.plan, policy, (id) => inventory.connectionSeenAt(id), clock.now());
  await inventory.look({ connectionOf: sessions });
  const { plan, approval } = sessions.length === 0 ? first : await guard(inventory.recall(snapshot), first.approval);
  const shown = shownChanges(plan, memory.shown, clock.monotonic() - showFor);
  const endOfRun = clock.monotonic() + RUN_TIME;
  const allowance = await hourly.reserve(disassociationsIn(shown), clock.now());
  const outcome = await execute(shown, {
    ...context,
    allowance,
    policy,
    policies,
    judge: judgeFor(votersFor(policy, policies), clock.now()),
    isDeployedByAnother: deployedByAnother(policy, context),
    stands: () => context.mayAct() && context.policiesConcerning(policy) === policies,
    hasTime: () => clock.monotonic() < endOfRun,
  }).finally(() => allowance.end());

  await giveWay(clock);
  const isUntouched = shown.changes.length === 0;
  const seen = isUntouched ? snapshot : inventory.recall(snapshot);
  const after = isUntouched ? { plan, approval } : await guard(seen, approval);
  const left = holdFound(after.plan, outcome.held);
  attempts.retain(policy, left.findings);
  repeated.retain(policy.key, left.findings);
  const rows = rowsOf(left, (finding) =>
    isRepeatable(finding) ? (repeated.get(finding.workspace.workspaceID, policy)?.count ?? 0) : 0,
  );
  await giveWay(clock);
  const now = clock.now();
  const blocked = blockedIn(left, memory.blocked, due, now);
  const nowShown = showChanges(left, memory.shown, clock.monotonic());
  const again = runAgainAfter({
    policy,
    snapshot: seen,
    plan: left,
    outcome,
    blocked,
    readingTook,
    doneAfter: doneAfter(left, nowShown, showFor, clock.monotonic()),
    now,
    random: context.random(),
  });
  await giveWay(clock);
  const status = evaluatedStatus({
    policy,
    request,
    previous,
    at: context.at,
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
  });
  await giveWay(clock);
  const events = eventsOf(memory.told, left, rows, outcome);
  await giveWay(clock);
  return {
    status,
    rows,
    events,
    outcome,
    held: heldByReason(rows),
    memory: {
      told: toldOf(rows),
      failedReads: 0,
      blocked,
      shown: nowShown,
      approval: after.approval,
      announced: [],
    },
    runAgainAfter: again,
  };
}
