import { approveCommandLine } from '../../policy/annotations.ts';
import { formatIntOrPercent, resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Approval, isApproved } from '../approval.ts';
import { affectedWorkspaces, type Finding, type Plan } from '../plan.ts';
import type { Hold } from './hold.ts';

/** Over the limit nothing of a plan is done, as a subset of it would be arbitrary, until a person approves the plan. */
export const safeguardExceeded: Hold = {
  reason: 'SafeguardExceeded',
  prepare: (plan, { policy, approval }) => {
    const exceeded = policy.enforcement === 'Enforce' ? exceededMessage(plan, policy, approval) : undefined;
    if (exceeded === undefined) {
      return undefined;
    }
    const approve =
      approval.proposed === undefined ? '' : `approve it: ${approveCommandLine(policy, approval.proposed.id)}, or `;
    const message = `${exceeded}; nothing of it is done; if it is right, ${approve}raise spec.safeguards.maxAffectedWorkspaces`;
    return ({ finding }) => (isApproved(finding, approval) ? undefined : { message });
  },
};

/** Says how a plan, but for what was approved, is over the limit; undefined if it isn't. */
export function exceededMessage(plan: Plan, { maxAffectedWorkspaces }: Policy, approval: Approval): string | undefined {
  const affected = affectedWorkspaces(unapprovedIn(plan, approval));
  const limit = resolveIntOrPercent(maxAffectedWorkspaces, plan.selected.length);
  const share =
    'percent' in maxAffectedWorkspaces
      ? ` (${formatIntOrPercent(maxAffectedWorkspaces)} of ${plan.selected.length})`
      : '';
  return affected <= limit
    ? undefined
    : `the plan takes something from ${affected} WorkSpaces, and at most ${limit}${share} are allowed`;
}

function unapprovedIn({ findings }: Plan, approval: Approval): readonly Finding[] {
  return approval.approvedOutcomes.size === 0 ? findings : findings.filter((finding) => !isApproved(finding, approval));
}
