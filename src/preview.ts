import type { Clock } from './clock.ts';
import { workspacesToCheckForSessions } from './execute/sessionChecks.ts';
import type { Inventory } from './inventory/inventory.ts';
import { readRequirements } from './inventory/readRequirements.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import { type Approval, type RecordedApproval, workspacesToCheckForProtection } from './plan/approval.ts';
import { decide } from './plan/decide.ts';
import type { PeerPolicies } from './plan/deployment.ts';
import type { HoldContext } from './plan/holds/hold.ts';
import type { Plan } from './plan/plan.ts';
import type { ApprovalRequest } from './policy/annotations.ts';
import type { Policy } from './policy/policy.ts';
import { type Assessment, assess } from './status/assessment.ts';
import { planBlocker, readBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';

/** Dependencies of a preview: those of `reconcile` without the parts that make changes. */
export interface PreviewContext
  extends Pick<HoldContext, 'backoff' | 'retries' | 'removals' | 'limits' | 'quota'>,
    PeerPolicies {
  readonly inventory: Inventory;
  readonly clock: Clock;
}

/** Preview of a run of a policy. */
export interface Preview {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly assessments: readonly Assessment[];
  readonly blocker: Blocker | undefined;
}

/**
 * Reads and decides like `reconcile`, with the same functions, but makes no changes. Unlike a run, which limits the number of session
 * checks, a preview checks all WorkSpaces with changes. Returns a Blocker if a read failed.
 */
export async function preview(
  policy: Policy,
  before: Approval | RecordedApproval,
  request: ApprovalRequest | undefined,
  context: PreviewContext,
): Promise<Preview | Blocker> {
  const { inventory, backoff, clock } = context;
  const policies = context.policiesOverlapping(policy);
  const snapshot = await inventory.read(readRequirements(policy, policies, clock.now()), policy.interval);
  const blocker = readBlocker(snapshot.failures);
  if (blocker !== undefined) {
    return blocker;
  }
  const decideOn = (observed: Snapshot) => decide(policy, observed, before, request, context);
  let latest = snapshot;
  let { plan, approval } = await decideOn(latest);
  if (await inventory.refreshTags(workspacesToCheckForProtection(policy, plan, approval))) {
    latest = inventory.withLatest(snapshot);
    ({ plan, approval } = await decideOn(latest));
  }
  for (let lastFirst: string | undefined; ; ) {
    const sessions = workspacesToCheckForSessions(plan, policy, (id) => inventory.connectionSeenAt(id), clock.now());
    // If a read fails, the same WorkSpaces come first again.
    if (sessions.length === 0 || sessions[0] === lastFirst) {
      break;
    }
    lastFirst = sessions[0];
    await inventory.refresh({ connectionOf: sessions });
    latest = inventory.withLatest(snapshot);
    ({ plan, approval } = await decideOn(latest));
  }
  return {
    policy,
    snapshot: latest,
    plan,
    approval,
    assessments: assess(plan),
    blocker: planBlocker(policy, plan, backoff),
  };
}
