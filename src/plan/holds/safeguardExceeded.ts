import { approveCommandLine } from '../../policy/annotations.ts';
import { formatIntOrPercent, resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Approval, isApproved } from '../approval.ts';
import { affectedWorkspaces, type Finding, type Plan } from '../plan.ts';
import type { Hold } from './hold.ts';

/** The operator applies no part of a plan that exceeds the limit, because any subset would be arbitrary. */
export const safeguardExceeded: Hold = {
  reason: 'SafeguardExceeded',
  meaning: 'The plan exceeds `safeguards.maxAffectedWorkspaces`. The operator applies no part of it.',
  endsWhen: 'You approve the plan, raise the limit, or the plan shrinks.',
  prepare: (plan, { policy, approval }) => {
    const exceeded = policy.enforcement === 'Enforce' ? exceededMessage(plan, policy, approval) : undefined;
    if (exceeded === undefined) {
      return undefined;
    }
    const raise = 'raise spec.safeguards.maxAffectedWorkspaces';
    const remedy =
      approval.proposed === undefined
        ? `to apply it, ${raise}`
        : `to apply it, ${raise}, or approve it by running: ${approveCommandLine(policy, approval.proposed.id)}`;
    const message = `${exceeded}; the operator applies no part of it; ${remedy}`;
    return ({ finding }) => (isApproved(finding, approval) ? undefined : { message });
  },
};

/** Returns a message if the unapproved part of a plan exceeds the limit; otherwise undefined. */
export function exceededMessage(plan: Plan, { maxAffectedWorkspaces }: Policy, approval: Approval): string | undefined {
  const affected = affectedWorkspaces(unapprovedIn(plan, approval));
  // An unusable response must not make a plan small enough.
  const unread = affected === 0 ? 0 : plan.unreadCount;
  const selected = plan.selectedCount + unread;
  const limit = resolveIntOrPercent(maxAffectedWorkspaces, selected);
  const percentage =
    'percent' in maxAffectedWorkspaces ? ` (${formatIntOrPercent(maxAffectedWorkspaces)} of ${selected})` : '';
  const which = `${affected} ${affected === 1 ? 'WorkSpace' : 'WorkSpaces'}${unread === 0 ? '' : `, and perhaps from ${unread} that could not be read`}`;
  return affected + unread <= limit
    ? undefined
    : `the plan removes applications from ${which}, and at most ${limit}${percentage} are allowed`;
}

function* unapprovedIn({ findings }: Plan, approval: Approval): Generator<Finding, void, undefined> {
  for (const finding of findings) {
    if (!isApproved(finding, approval)) {
      yield finding;
    }
  }
}
