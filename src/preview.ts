import type { Clock } from './clock.ts';
import { sessionsToLookAt } from './execute/sessions.ts';
import type { Inventory } from './fleet/inventory.ts';
import { needsOf } from './fleet/needs.ts';
import type { Snapshot } from './fleet/snapshot.ts';
import type { Approval, RecordedApproval } from './plan/approval.ts';
import type { Neighbours } from './plan/deployment.ts';
import { guardPlan } from './plan/guard.ts';
import type { HoldContext } from './plan/holds/hold.ts';
import type { Plan } from './plan/plan.ts';
import type { Policy } from './policy/policy.ts';
import type { Trouble } from './status/conditions.ts';
import { type Row, rowsOf } from './status/rows.ts';
import { planTrouble, readTrouble } from './status/trouble.ts';

/** What a preview rests on: what `reconcile` does, but for what makes changes. */
export interface PreviewContext
  extends Pick<HoldContext, 'attempts' | 'repeated' | 'removals' | 'terms' | 'hourly'>,
    Neighbours {
  readonly inventory: Inventory;
  readonly clock: Clock;
}

/** What a run of a policy would do now. */
export interface Preview {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly rows: readonly Row[];
  readonly trouble: Trouble | undefined;
}

/** Nothing was approved. */
export const NO_APPROVAL: Approval = { covered: new Set(), proposed: undefined, lastApproved: undefined };

/**
 * Reads, plans and guards as `reconcile` does, by the same functions, and stops there. Where a run looks at the sessions of so many
 * WorkSpaces at a time, this looks at all. What couldn't be read is a Trouble.
 */
export async function preview(
  policy: Policy,
  before: Approval | RecordedApproval,
  approvedPlan: string | undefined,
  context: PreviewContext,
): Promise<Preview | Trouble> {
  const { inventory, attempts, clock } = context;
  const policies = context.policiesConcerning(policy);
  const snapshot = await inventory.read(needsOf(policy, policies, clock.now()), policy.interval);
  const unread = readTrouble(snapshot.failures);
  if (unread !== undefined) {
    return unread;
  }
  const guard = (seen: Snapshot, from: Approval | RecordedApproval) =>
    guardPlan(policy, seen, from, approvedPlan, context);
  let seen = snapshot;
  let { plan, approval } = await guard(seen, before);
  for (let last: string | undefined; ; ) {
    const sessions = sessionsToLookAt(plan, policy, (id) => inventory.connectionSeenAt(id), clock.now());
    // Those that can't be looked at stay first in line.
    if (sessions.length === 0 || sessions[0] === last) {
      break;
    }
    last = sessions[0];
    await inventory.look({ connectionOf: sessions });
    seen = inventory.recall(snapshot);
    ({ plan, approval } = await guard(seen, approval));
  }
  return { policy, snapshot: seen, plan, approval, rows: rowsOf(plan), trouble: planTrouble(policy, plan, attempts) };
}
