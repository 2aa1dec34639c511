import { associationKey } from '../../fleet/associationID.ts';
import type { Association } from '../../fleet/model.ts';
import type { Snapshot } from '../../inventory/snapshot.ts';
import type { Policy } from '../../policy/policy.ts';
import type { FleetLimits } from '../../policy/workspaceFleet.ts';
import { concatenated, IndexList, selection } from '../../sequence.ts';
import { isYieldDue, type Sliced } from '../../slices.ts';
import type { Approval } from '../approval.ts';
import type { PastChanges } from '../backoff.ts';
import type { ClaimedByOther } from '../deployment.ts';
import { HeldChangeCollector } from '../heldChanges.ts';
import type { IsPartial } from '../partialReplacements.ts';
import { associationIDOf, type Change, type HeldChange, type HoldReason, isRevert, type Plan } from '../plan.ts';
import type { QuotaView } from '../quota.ts';
import type { RequesterOf } from '../requester.ts';
import type { abandonedChanges } from '../reverts.ts';
import type { RolloutProgress } from '../rollout.ts';

/** Inputs of a hold in addition to the plan. */
export interface HoldContext {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly now: Date;
  readonly approval: Approval;
  readonly history: PastChanges;
  readonly isClaimedByOther: ClaimedByOther;
  /** Whether the operator began a pending change that no policy requests. */
  readonly isAbandoned: ReturnType<typeof abandonedChanges>;
  /** Whether the operator began a pending change for a policy that can revert it. */
  readonly hasStarter: (association: Association) => boolean;
  /** Whether a pending removal would leave the user without an application that the policies require instead. */
  readonly isPartial: IsPartial;
  readonly requesterOf: RequesterOf;
  /** Limits of the fleet. */
  readonly limits: FleetLimits;
  readonly quota: QuotaView;
  /**
   * Whether a deployment completes changes that the run started. It may follow after the maintenance window in which they started.
   */
  readonly isCompleting: boolean;
  /** Progress of the rollout of the policy. Undefined if failed deployments don't halt it. */
  readonly rollout: RolloutProgress | undefined;
}

/** Message of a held change, and the end of the hold if it is known. */
export type Held = Pick<HeldChange, 'message' | 'unredacted' | 'until'>;

/** A reason not to make a change now. `docs/reference/reasons.md` is generated from the texts. */
export interface Hold {
  readonly reason: HoldReason;
  /** Meaning of the reason, as Markdown. */
  readonly meaning: string;
  /** End of the hold, as Markdown. */
  readonly endsWhen: string;
  /** Whether the hold also applies to reverts. By default, a revert doesn't wait, because each deployment could carry out the change. */
  readonly appliesToReverts?: boolean;
  /** Inspects the whole plan once and returns a check for each change, or undefined if the hold doesn't apply. */
  readonly prepare: (plan: Plan, context: HoldContext) => ((change: Change) => Held | undefined) | undefined;
}

/** Moves the changes that a hold applies to from the changes of the plan to its held changes. */
export function* applyHold(plan: Plan, hold: Hold, context: HoldContext): Sliced<Plan> {
  const check = hold.prepare(plan, context);
  if (check === undefined) {
    return plan;
  }
  const held = new HeldChangeCollector(plan.changes, hold.reason);
  const remaining = new IndexList();
  for (let index = 0; index < plan.changes.length; index++) {
    if (isYieldDue(index)) {
      yield;
    }
    const change = plan.changes.at(index) as Change;
    const isExempt = isRevert(change.finding) && hold.appliesToReverts !== true;
    const result = isExempt ? undefined : check(change);
    if (result === undefined) {
      remaining.push(index);
    } else {
      held.add(index, result);
    }
  }
  return remaining.length === plan.changes.length
    ? plan
    : {
        ...plan,
        changes: selection(plan.changes, remaining.values()),
        held: concatenated(plan.held, held.held()),
      };
}

/** Moves the changes that were found to be held during execution to the held changes of the plan. */
export function withHoldsFound(plan: Plan, found: readonly HeldChange[]): Plan {
  if (found.length === 0) {
    return plan;
  }
  const byAssociation = new Map(found.map((hold) => [associationKey(associationIDOf(hold.change.finding)), hold]));
  const remaining = new IndexList();
  const held: HeldChange[] = [];
  for (const [index, change] of plan.changes.entries()) {
    const hold = byAssociation.get(associationKey(associationIDOf(change.finding)));
    if (hold === undefined) {
      remaining.push(index);
    } else {
      const { reason, message, unredacted, until } = hold;
      held.push({ change, reason, message, unredacted, until });
    }
  }
  return { ...plan, changes: selection(plan.changes, remaining.values()), held: concatenated(plan.held, held) };
}
