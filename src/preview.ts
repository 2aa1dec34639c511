import type { Clock } from './clock.ts';
import { workspacesToCheckForSessions } from './execute/sessionChecks.ts';
import type { Inventory } from './inventory/inventory.ts';
import { readRequirements } from './inventory/readRequirements.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import type { Approval, RecordedApproval } from './plan/approval.ts';
import { decide } from './plan/decide.ts';
import type { PeerPolicies } from './plan/deployment.ts';
import type { HoldContext } from './plan/holds/hold.ts';
import type { Plan } from './plan/plan.ts';
import type { Policy } from './policy/policy.ts';
import { type Assessment, assess } from './status/assessment.ts';
import { planBlocker, readBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';

/** What a preview rests on: what `reconcile` does, but for what makes changes. */
export interface PreviewContext
  extends Pick<HoldContext, 'backoff' | 'retries' | 'removals' | 'limits' | 'quota'>,
    PeerPolicies {
  readonly inventory: Inventory;
  readonly clock: Clock;
}

/** What a run of a policy would do now. */
export interface Preview {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly assessments: readonly Assessment[];
  readonly blocker: Blocker | undefined;
}

/** Nothing was approved. */
export const NO_APPROVAL: Approval = { approvedOutcomes: new Set(), proposed: undefined, lastApproved: undefined };

/**
 * Reads, plans and guards as `reconcile` does, by the same functions, and stops there. Where a run looks at the sessions of so many
 * WorkSpaces at a time, this looks at all. What couldn't be read is a Trouble.
 */
export async function preview(
  policy: Policy,
  before: Approval | RecordedApproval,
  approvedPlan: string | undefined,
  context: PreviewContext,
): Promise<Preview | Blocker> {
  const { inventory, backoff, clock } = context;
  const policies = context.policiesOverlapping(policy);
  const snapshot = await inventory.read(readRequirements(policy, policies, clock.now()), policy.interval);
  const blocker = readBlocker(snapshot.failures);
  if (blocker !== undefined) {
    return blocker;
  }
  const decideOn = (seen: Snapshot, from: Approval | RecordedApproval) =>
    decide(policy, seen, from, approvedPlan, context);
  let seen = snapshot;
  let { plan, approval } = await decideOn(seen, before);
  for (let last: string | undefined; ; ) {
    const sessions = workspacesToCheckForSessions(plan, policy, (id) => inventory.connectionSeenAt(id), clock.now());
    // Those that can't be looked at stay first in line.
    if (sessions.length === 0 || sessions[0] === last) {
      break;
    }
    last = sessions[0];
    await inventory.refresh({ connectionOf: sessions });
    seen = inventory.withLatest(snapshot);
    ({ plan, approval } = await decideOn(seen, approval));
  }
  return {
    policy,
    snapshot: seen,
    plan,
    approval,
    assessments: assess(plan),
    blocker: planBlocker(policy, plan, backoff),
  };
}
