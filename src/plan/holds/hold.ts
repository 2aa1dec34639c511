import { associationKey } from '../../fleet/associationID.ts';
import type { Snapshot } from '../../inventory/snapshot.ts';
import type { Policy } from '../../policy/policy.ts';
import type { FleetLimits } from '../../policy/workspaceFleet.ts';
import type { Approval } from '../approval.ts';
import type { Attempts, RecentRemovals, RetriedDeployments } from '../backoff.ts';
import type { ClaimedByOther } from '../deployment.ts';
import type { Change, HeldChange, HoldReason, Plan } from '../plan.ts';
import type { QuotaView } from '../quota.ts';

/** What holds may look at beside the plan. */
export interface HoldContext {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly now: Date;
  readonly approval: Approval;
  readonly backoff: Attempts;
  readonly retries: RetriedDeployments;
  readonly removals: RecentRemovals;
  readonly isClaimedByOther: ClaimedByOther;
  /** What the fleet allows. */
  readonly limits: FleetLimits;
  readonly quota: QuotaView;
}

/** What holds a change, and until when if that is known. */
export type Held = Pick<HeldChange, 'message' | 'until'>;

/** A reason not to make a change now: a filter from plan to plan. */
export interface Hold {
  readonly reason: HoldReason;
  /** Looks at the plan as a whole, and returns what is then asked about each of its changes; undefined if nothing is held. */
  readonly prepare: (plan: Plan, context: HoldContext) => ((change: Change) => Held | undefined) | undefined;
}

/** A plan without the changes that a hold stops; they are listed as held, with its reason. */
export function applyHold(plan: Plan, hold: Hold, context: HoldContext): Plan {
  const check = hold.prepare(plan, context);
  if (check === undefined) {
    return plan;
  }
  const held: HeldChange[] = [];
  const changes = plan.changes.filter((change) => {
    const stopped = check(change);
    if (stopped !== undefined) {
      held.push({ change, reason: hold.reason, ...stopped });
    }
    return stopped === undefined;
  });
  return held.length === 0 ? plan : { ...plan, changes, held: [...plan.held, ...held] };
}

/** A plan without the changes that an execution found to be held, listed as held. */
export function withHoldsFound(plan: Plan, found: readonly HeldChange[]): Plan {
  const byPair = new Map(found.map((one) => [associationKey(one.change.finding.association), one]));
  const held = plan.changes.flatMap((change) => {
    const one = byPair.get(associationKey(change.finding.association));
    return one === undefined ? [] : [{ ...one, change }];
  });
  const heldChanges = new Set(held.map(({ change }) => change));
  return { ...plan, changes: plan.changes.filter((change) => !heldChanges.has(change)), held: [...plan.held, ...held] };
}
