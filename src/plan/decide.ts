import { type Clock, yieldToEventLoop } from '../clock.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { type Approval, advanceApproval, type RecordedApproval, restoreApproval } from './approval.ts';
import { claimedByOther, type PeerPolicies } from './deployment.ts';
import type { HoldContext } from './holds/hold.ts';
import { applyHolds, deploymentIntent } from './holds/index.ts';
import { type Plan, planChanges } from './plan.ts';

/** What was learnt of earlier changes, and what the fleet allows, for the holds. */
type Limits = Pick<HoldContext, 'backoff' | 'retries' | 'removals' | 'limits' | 'quota'>;

/**
 * What a policy would do now, without what is held back, and how far it is approved. Tells the policy's neighbours what it is about to
 * deploy.
 *
 * @param approvedPlan the id that the policy's annotation approves
 */
export async function decide(
  policy: Policy,
  snapshot: Snapshot,
  before: Approval | RecordedApproval,
  approvedPlan: string | undefined,
  context: Limits & PeerPolicies & { readonly clock: Clock },
): Promise<{ readonly plan: Plan; readonly approval: Approval }> {
  const { clock } = context;
  const now = clock.now();
  const policies = context.policiesOverlapping(policy);
  const plan = planChanges(policy, policies, snapshot, now);
  await yieldToEventLoop(clock);
  const approval = advanceApproval(
    plan,
    'approvedOutcomes' in before ? before : restoreApproval(plan, before),
    approvedPlan,
  );
  const isClaimedByOther = claimedByOther(policy, context);
  const holds = { ...context, policy, snapshot, now, approval, isClaimedByOther };
  context.intents.set(policy.key, { policies, pending: deploymentIntent(plan, holds) });
  await yieldToEventLoop(clock);
  return { plan: applyHolds(plan, holds), approval };
}
