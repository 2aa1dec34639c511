import { type Clock, yieldToEventLoop } from '../clock.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { ApprovalRequest } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { type Approval, advanceApproval, type RecordedApproval, restoreApproval } from './approval.ts';
import { claimedByOther, type PeerPolicies } from './deployment.ts';
import type { HoldContext } from './holds/hold.ts';
import { applyHolds, deploymentIntent } from './holds/index.ts';
import { type Plan, planChanges } from './plan.ts';

/** The inputs of the holds that don't depend on the policy. */
type HoldInputs = Pick<HoldContext, 'backoff' | 'retries' | 'removals' | 'limits' | 'quota'>;

/**
 * Returns the plan of a policy with its held changes, and the approval of the plan. Records the deployments that the policy intends in
 * `intents`, for its peer policies.
 *
 * @param request annotation of the policy that approves a plan
 */
export async function decide(
  policy: Policy,
  snapshot: Snapshot,
  before: Approval | RecordedApproval,
  request: ApprovalRequest | undefined,
  context: HoldInputs & PeerPolicies & { readonly clock: Clock },
): Promise<{ readonly plan: Plan; readonly approval: Approval }> {
  const { clock } = context;
  const now = clock.now();
  const policies = context.policiesOverlapping(policy);
  const plan = planChanges(policy, policies, snapshot, now);
  await yieldToEventLoop(clock);
  const known = 'approvedOutcomes' in before ? before : restoreApproval(plan, before);
  const approval = advanceApproval(policy, plan, known, request);
  const isClaimedByOther = claimedByOther(policy, context);
  const holds = { ...context, policy, snapshot, now, approval, isClaimedByOther };
  context.intents.set(policy.key, { policies, pending: deploymentIntent(plan, holds) });
  await yieldToEventLoop(clock);
  return { plan: applyHolds(plan, holds), approval };
}
