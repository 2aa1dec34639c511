import type { Association } from '../fleet/model.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { ApprovalRequest } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sliced } from '../slices.ts';
import { type Approval, advanceApproval, type RecordedApproval, restoreApproval } from './approval.ts';
import { claimedByOther, type DeploymentIntent, type PeerPolicies } from './deployment.ts';
import type { HoldContext } from './holds/hold.ts';
import { applyHolds, deploymentIntent } from './holds/index.ts';
import { partialReplacements } from './partialReplacements.ts';
import type { Change, Plan } from './plan.ts';
import { planChanges } from './planChanges.ts';
import { requestersFor } from './requester.ts';
import { abandonedChanges, isStartedByAny } from './reverts.ts';
import { NO_ROLLOUT, type RolloutProgress, type RolloutRecord, rolloutProgress } from './rollout.ts';

/** Inputs of a decision in addition to the policy and the snapshot. */
export interface DecideContext extends PeerPolicies, Pick<HoldContext, 'history' | 'limits' | 'quota' | 'now'> {
  /** Rollout that the last written status records. Defaults to one that hasn't begun, which suffices for a plan of one WorkSpace. */
  readonly rollout?: RolloutRecord | undefined;
  /** Approval that the last written status shows. */
  readonly approval: Approval | RecordedApproval;
  /** Annotation of the policy that approves a plan. */
  readonly request: ApprovalRequest | undefined;
  /** Undefined for the decision of a run. */
  readonly revalidation?: Revalidation | undefined;
}

/** Limits a decision to the changes that a run is about to make. Its snapshot contains only the WorkSpace, as read right before. */
interface Revalidation {
  /** Whether the run is about to make a change. The decision covers no other change. */
  readonly isDue: (change: Change) => boolean;
  /** Whether a deployment completes changes that the run started. */
  readonly isCompleting: boolean;
  /** Approval of the run. A part of the plan can't change it. */
  readonly approval: Approval;
}

/** What the operator does for a policy, and what it doesn't do yet. */
export interface Decision {
  /** Plan with its held changes. */
  readonly plan: Plan;
  /** Approval of the plan. */
  readonly approval: Approval;
  /** Progress of the rollout. Undefined if failed deployments don't halt it. */
  readonly rollout: RolloutProgress | undefined;
  /** Deployments that the policy intends, for its peer policies. */
  readonly intent: DeploymentIntent;
}

/**
 * Decides on the changes of a policy: the difference to the snapshot, its approval, and the holds. The same inputs always result in the same
 * decision.
 */
export function* decide(policy: Policy, snapshot: Snapshot, context: DecideContext): Sliced<Decision> {
  const { now, revalidation } = context;
  const policies = context.policiesOverlapping(policy);
  const { started } = context.history;
  const peers = context.policiesInScope(policy);
  const requested = yield* planChanges(policy, peers, snapshot, now, {
    started,
    peers,
    backoff: context.history.backoff,
    directoryIDs: context.limits.directoryIDs,
  });
  const plan =
    revalidation === undefined
      ? requested
      : { ...requested, changes: requested.changes.filter((change) => revalidation.isDue(change)) };
  const approval = revalidation?.approval ?? (yield* nextApproval(policy, plan, context));
  const fresh = revalidation === undefined ? new Map() : snapshot.workspaces;
  const isClaimedByOther = claimedByOther(policy, context, fresh, now);
  const requesterOf = requestersFor(policy, policies, peers, snapshot, now);
  const isCompleting = revalidation?.isCompleting ?? false;
  const rollout = yield* rolloutProgress(requested, policy, context.rollout ?? NO_ROLLOUT, context.history, now);
  const holds: HoldContext = {
    ...context,
    policy,
    snapshot,
    approval,
    isClaimedByOther,
    isAbandoned: abandonedChanges(peers, started, now),
    hasStarter: (association: Association) => isStartedByAny(peers, started, association),
    isPartial: partialReplacements(policy, peers, snapshot, now),
    requesterOf,
    isCompleting,
    rollout,
  };
  return {
    plan: yield* applyHolds(plan, holds),
    approval,
    rollout,
    intent: { policies, pending: yield* deploymentIntent(plan, holds) },
  };
}

function* nextApproval(policy: Policy, plan: Plan, { approval, request }: DecideContext): Sliced<Approval> {
  const before = 'approvedOutcomes' in approval ? approval : yield* restoreApproval(plan, approval);
  return yield* advanceApproval(policy, plan, before, request);
}
