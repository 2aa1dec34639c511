import { type Approval, isApproved, isReachable } from '../plan/approval.ts';
import { unapprovedCounts } from '../plan/holds/safeguardExceeded.ts';
import { outcomeOf } from '../plan/outcome.ts';
import { type Finding, isPending, type Plan } from '../plan/plan.ts';
import { exceedsSafeguard } from '../plan/safeguard.ts';
import type { Policy } from '../policy/policy.ts';
import { pickSliced } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import { replacementsIn } from './replacements.ts';
import type { PolicyStatus } from './resource.ts';

/** Whether a finding is a part of the plan that requires an approval, whatever else its change waits for. */
export type IsUnapproved = (finding: Finding) => boolean;

/**
 * Returns which findings require an approval: those that an approval of the proposed plan would cover, or, until the tags of their
 * WorkSpaces are read, those that may be proposed. Undefined if the plan requires no approval.
 */
export function unapprovedPart(plan: Plan, policy: Policy, approval: Approval): IsUnapproved | undefined {
  const { enforcement } = policy;
  const { proposed } = approval;
  const isRequired =
    enforcement === 'Approve' ||
    (enforcement === 'Enforce' && exceedsSafeguard(unapprovedCounts(plan, policy, approval)));
  if (!isRequired) {
    return undefined;
  }
  return proposed === undefined
    ? (finding) => isReachable(finding) && !isApproved(finding, approval)
    : (finding) => isPending(finding) && proposed.outcome.has(outcomeOf(finding));
}

/** Returns the numbers of the part of a plan that requires an approval. Undefined if there is none. */
export function* unapprovedOf(
  plan: Plan,
  policy: Policy,
  approval: Approval,
  isUnapproved: IsUnapproved,
): Sliced<NonNullable<PolicyStatus['plan']>['unapproved']> {
  const findings = yield* pickSliced(plan.findings, isUnapproved);
  if (findings.length === 0) {
    return undefined;
  }
  const removals = yield* pickSliced(findings, ({ desired }) => desired === 'Absent');
  const replace = yield* replacementsIn(findings);
  const { affected, unread, allowed } = unapprovedCounts(plan, policy, approval);
  return {
    remove: removals.length,
    install: findings.length - removals.length,
    ...(replace > 0 && { replace }),
    affectedWorkspaces: affected,
    ...(unread > 0 && { unreadWorkspaces: unread }),
    allowedWorkspaces: allowed,
  };
}
