import type { Clock } from './clock.ts';
import type { AttemptLedger } from './execute/attemptLedger.ts';
import { type BlockedWorkspaces, blockedIn, dueForALook } from './execute/blocked.ts';
import { execute } from './execute/execute.ts';
import type { KeyedMutex } from './execute/keyedMutex.ts';
import { NOTHING_DONE, type Outcome } from './execute/outcome.ts';
import { retryReads, runAgainAfter } from './execute/schedule.ts';
import type { Inventory } from './fleet/inventory.ts';
import { needsOf } from './fleet/needs.ts';
import type { Fleet } from './fleet/ports.ts';
import type { Snapshot } from './fleet/snapshot.ts';
import { type PlannedByPolicy, removedByAnother } from './plan/deployment.ts';
import { holdFound } from './plan/holds/hold.ts';
import { applyHolds } from './plan/holds/index.ts';
import { type Plan, planChanges } from './plan/plan.ts';
import type { Policy } from './policy/policy.ts';
import type { Request } from './policy/request.ts';
import { eventsOf, type PolicyEvent, type Told, toldFrom, toldOf } from './status/events.ts';
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
  readonly planned: Map<string, { policies: readonly Policy[]; plan: Plan }>;
}

export interface ReconcileContext extends FleetContext {
  /** Every policy of the fleet that has a say. The same array for as long as none of them changes. */
  readonly policies: () => readonly Policy[];
  /** False once the process has to leave the fleet alone. */
  readonly mayAct: () => boolean;
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
  /** The id of the plan that is being carried out, from its first change to its last. */
  readonly rollout: string | undefined;
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
  const { inventory, attempts, planned, clock } = context;
  const policies = context.policies();
  const isRequested = request.reconcileRequestedAt !== previous?.lastHandledReconcileAt;

  const started = clock.monotonic();
  const due = dueForALook(memory.blocked, policy.interval, clock.now());
  await inventory.look(due.associationsOf, due.stateOf);
  const snapshot = await inventory.read(needsOf(policy), policy.interval, isRequested);
  const readingTook = clock.monotonic() - started;
  const unread = readTrouble(snapshot.failures);
  if (unread !== undefined) {
    const failedReads = memory.failedReads + 1;
    return {
      status: unevaluatedStatus(policy, request, previous, unread, clock.now()),
      events: memory.failedReads > 0 ? [] : [{ type: 'Warning', reason: unread.reason, message: unread.message }],
      outcome: NOTHING_DONE,
      memory: { ...memory, failedReads },
      runAgainAfter: retryReads(failedReads, unread.needsPerson),
    };
  }

  const plan = guardedPlan(policy, policies, snapshot, context);
  planned.set(policy.key, { policies, plan });

  // What a policy asks for is shown before any of it is done.
  const isShown = previous?.observedGeneration === policy.generation;
  const endOfRun = clock.monotonic() + (isShown ? RUN_TIME : 0);
  const outcome = await execute(plan, {
    ...context,
    policy,
    isRemovedByAnother: removedByAnother(policy, policies, planned),
    stands: () => context.mayAct() && context.policies() === policies,
    hasTime: () => clock.monotonic() < endOfRun,
  });

  const seen = inventory.recall(snapshot);
  const left = holdFound(guardedPlan(policy, policies, seen, context), outcome.held);
  planned.set(policy.key, { policies, plan: left });
  attempts.retain(policy, left.findings);
  const rows = rowsOf(left, (finding) => attempts.repetitions(finding, policy));
  const now = clock.now();
  const blocked = blockedIn(left, memory.blocked, due, now);
  const again = runAgainAfter({
    policy,
    snapshot: seen,
    plan: left,
    outcome,
    blocked,
    readingTook,
    now,
    random: context.random(),
  });
  const rollout = memory.rollout ?? plan.id;
  const goesOn = rows.some(
    ({ urgency, held }) => urgency === 'InProgress' || (urgency === 'Drifted' && held === undefined),
  );
  return {
    status: evaluatedStatus({
      policy,
      request,
      previous,
      plan: left,
      rows,
      outcome,
      rollout,
      trouble: planTrouble(policy, left, attempts),
      now,
      nextSync: new Date(now.getTime() + again),
    }),
    events: eventsOf(memory.told, left, rows, outcome),
    outcome,
    memory: { told: toldOf(rows), failedReads: 0, blocked, rollout: goesOn ? rollout : undefined },
    runAgainAfter: again,
  };
}

/** What a policy would do now: the same for the operator, which does it, and for whoever wants to see it first. */
export function guardedPlan(
  policy: Policy,
  policies: readonly Policy[],
  snapshot: Snapshot,
  context: Pick<ReconcileContext, 'attempts' | 'clock'> & { readonly planned: PlannedByPolicy },
): Plan {
  return applyHolds(planChanges(policy, policies, snapshot), {
    policy,
    snapshot,
    now: context.clock.now(),
    attempts: context.attempts,
    isRemovedByAnother: removedByAnother(policy, policies, context.planned),
  });
}

function recollect(policy: Policy, previous: PolicyStatus | undefined, context: ReconcileContext): Memory {
  const { attempts, inventory, clock } = context;
  for (const { workspaceId, associatedResourceId, state, repetitions, stateReason } of previous?.associations ?? []) {
    const applicationId = associatedResourceId;
    if (repetitions === undefined) {
      inventory.remember({ workspaceId, applicationId, state });
    } else {
      inventory.remember({ workspaceId, applicationId, state: 'UNINSTALLING' });
      attempts.restore(policy, workspaceId, repetitions, stateReason?.errorCode, clock.now());
    }
  }
  return { told: toldFrom(previous), failedReads: 0, blocked: new Map(), rollout: undefined };
}
