import { type Clock, giveWay } from '../clock.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { type Approval, carryOn, type RecordedApproval, takeUp } from './approval.ts';
import { deployedByAnother, type Neighbours } from './deployment.ts';
import type { HoldContext } from './holds/hold.ts';
import { applyHolds, pendingToDeploy } from './holds/index.ts';
import { type Plan, planChanges } from './plan.ts';

/** What was learnt of earlier changes, and what the fleet allows, for the holds. */
type Limits = Pick<HoldContext, 'attempts' | 'repeated' | 'removals' | 'terms' | 'hourly'>;

/**
 * What a policy would do now, without what is held back, and how far it is approved. Tells the policy's neighbours what it is about to
 * deploy.
 *
 * @param approvedPlan the id that the policy's annotation approves
 */
export async function guardPlan(
  policy: Policy,
  snapshot: Snapshot,
  before: Approval | RecordedApproval,
  approvedPlan: string | undefined,
  context: Limits & Neighbours & { readonly clock: Clock },
): Promise<{ readonly plan: Plan; readonly approval: Approval }> {
  const { clock } = context;
  const now = clock.now();
  const policies = context.policiesConcerning(policy);
  const plan = planChanges(policy, policies, snapshot, now);
  await giveWay(clock);
  const approval = carryOn(plan, 'covered' in before ? before : takeUp(plan, before), approvedPlan);
  const isDeployedByAnother = deployedByAnother(policy, context);
  const holds = { ...context, policy, snapshot, now, approval, isDeployedByAnother };
  context.deploying.set(policy.key, { policies, pending: pendingToDeploy(plan, holds) });
  await giveWay(clock);
  return { plan: applyHolds(plan, holds), approval };
}
