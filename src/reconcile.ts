import type { Clock } from './clock.ts';
import type { AttemptLedger } from './execute/attemptLedger.ts';
import { execute } from './execute/execute.ts';
import type { KeyedMutex } from './execute/keyedMutex.ts';
import { NOTHING_DONE, type Outcome } from './execute/outcome.ts';
import { retryReads, runAgainAfter } from './execute/schedule.ts';
import type { Inventory } from './fleet/inventory.ts';
import { needsOf } from './fleet/needs.ts';
import type { Fleet } from './fleet/ports.ts';
import type { Snapshot } from './fleet/snapshot.ts';
import { applyHolds } from './plan/holds/index.ts';
import { removedByAnother } from './plan/others.ts';
import { type Plan, planChanges } from './plan/plan.ts';
import type { Policy } from './policy/policy.ts';
import { eventsOf, type PolicyEvent, type Told, toldOf } from './status/events.ts';
import type { PolicyStatus } from './status/resource.ts';
import { rowsOf } from './status/rows.ts';
import { evaluatedStatus, unevaluatedStatus } from './status/status.ts';
import { planTrouble, readTrouble } from './status/trouble.ts';

/** A fleet, and what all policies about it share. */
export interface FleetContext {
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly attempts: AttemptLedger;
  readonly workspaces: KeyedMutex;
  /** The last plan of each policy. */
  readonly planned: Map<string, { policy: Policy; plan: Plan }>;
}

export interface ReconcileContext extends FleetContext {
  /** Every valid policy of the fleet. The same array for as long as none of them changes. */
  readonly policies: () => readonly Policy[];
  /** False once the process has to leave the fleet alone. */
  readonly mayAct: () => boolean;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What a run leaves to the next one of the same policy. A process that starts has none of it, and does without. */
export interface Memory {
  readonly told: Told;
  /** Runs in a row whose reads failed. */
  readonly failedReads: number;
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
  previous: PolicyStatus | undefined,
  memory: Memory,
  context: ReconcileContext,
): Promise<Reconciliation> {
  const { inventory, attempts, clock } = context;
  const policies = context.policies();
  const needs = needsOf(policy);

  const snapshot = await inventory.read(needs, isRequested(policy, previous) ? 0 : policy.interval);
  const unread = readTrouble(snapshot.failures);
  if (unread !== undefined) {
    const failedReads = memory.failedReads + 1;
    return {
      status: unevaluatedStatus(policy, previous, unread, clock.now()),
      events: memory.failedReads > 0 ? [] : [{ type: 'Warning', reason: unread.reason, message: unread.message }],
      outcome: NOTHING_DONE,
      memory: { ...memory, failedReads },
      runAgainAfter: retryReads(failedReads, unread.needsPerson),
    };
  }

  const plan = guardedPlan(policy, policies, snapshot, context);
  context.planned.set(policy.key, { policy, plan });

  const endOfRun = clock.monotonic() + RUN_TIME;
  const outcome = await execute(plan, {
    ...context,
    policy,
    isRemovedByAnother: removedByAnother(policy, policies, context.planned),
    mayGoOn: () => context.mayAct() && clock.monotonic() < endOfRun && context.policies() === policies,
  });

  const seen = guardedPlan(policy, policies, await inventory.recall(needs, snapshot), context);
  attempts.retain(policy.key, seen.findings);
  const rows = rowsOf(seen);
  const now = clock.now();
  const again = runAgainAfter(policy, snapshot, seen, outcome, now, context.random());
  return {
    status: evaluatedStatus({
      policy,
      previous,
      plan: seen,
      outcome,
      trouble: planTrouble(seen, attempts),
      now,
      nextSync: new Date(now.getTime() + again),
    }),
    events: eventsOf(memory.told, rows, outcome),
    outcome,
    memory: { told: toldOf(rows), failedReads: 0 },
    runAgainAfter: again,
  };
}

/** What a policy would do now: the same for the operator, which does it, and for whoever wants to see it first. */
export function guardedPlan(
  policy: Policy,
  policies: readonly Policy[],
  snapshot: Snapshot,
  { attempts, planned, clock }: Pick<ReconcileContext, 'attempts' | 'planned' | 'clock'>,
): Plan {
  return applyHolds(planChanges(policy, policies, snapshot), {
    policy,
    snapshot,
    now: clock.now(),
    attempts,
    isRemovedByAnother: removedByAnother(policy, policies, planned),
  });
}

function isRequested({ reconcileRequestedAt }: Policy, previous: PolicyStatus | undefined): boolean {
  return reconcileRequestedAt !== undefined && reconcileRequestedAt.slice(0, 256) !== previous?.lastHandledReconcileAt;
}
