import { approveCommandLine } from '../../policy/annotations.ts';
import { formatIntOrPercent } from '../../policy/intOrPercent.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Approval, isApproved } from '../approval.ts';
import type { Finding, Plan } from '../plan.ts';
import { affectedCounts, describeExcess, exceedsSafeguard } from '../safeguard.ts';
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
export function exceededMessage(plan: Plan, policy: Policy, approval: Approval): string | undefined {
  const { selected, ...counts } = unapprovedCounts(plan, policy, approval);
  const { maxAffectedWorkspaces } = policy;
  const percentage =
    'percent' in maxAffectedWorkspaces ? ` (${formatIntOrPercent(maxAffectedWorkspaces)} of ${selected})` : '';
  return exceedsSafeguard(counts) ? describeExcess(counts, percentage) : undefined;
}

/** Returns the numbers that the safeguard compares, for the unapproved part of a plan. */
export function unapprovedCounts(plan: Plan, policy: Policy, approval: Approval): ReturnType<typeof affectedCounts> {
  return affectedCounts(plan, policy, unapprovedIn(plan, approval));
}

function* unapprovedIn({ findings }: Plan, approval: Approval): Generator<Finding, void, undefined> {
  for (const finding of findings) {
    if (!isApproved(finding, approval)) {
      yield finding;
    }
  }
}
