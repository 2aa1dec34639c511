import { type Approval, isIgnored, requiresApproval } from '../plan/approval.ts';
import type { Plan } from '../plan/plan.ts';
import { APPROVED_PLAN_ANNOTATION, type ApprovalRequest, approveCommandLine } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { PolicyEvent } from './eventMessages.ts';

/** Why the annotation of a policy approves nothing, and what to do about it. */
export interface IgnoredApproval {
  readonly reason: string;
  readonly remedy: string;
}

/** Returns why the annotation of a policy approves nothing. Undefined if there is none, or if it approved a plan. */
export function ignoredApproval(
  policy: Policy,
  plan: Plan,
  approval: Approval,
  request: ApprovalRequest | undefined,
): IgnoredApproval | undefined {
  if (!isIgnored(request, approval)) {
    return undefined;
  }
  const { proposed } = approval;
  const id = sanitize(request.planID, 64);
  return {
    reason: `the annotation ${APPROVED_PLAN_ANNOTATION} is ignored, because the status of this object did not show the plan "${id}" as waiting when the annotation appeared, or nothing of that plan remains`,
    remedy:
      proposed !== undefined && requiresApproval(policy, plan)
        ? `review the plan ${proposed.id}; to approve it, run: ${approveCommandLine(policy, proposed.id)}`
        : 'no plan requires approval; remove the annotation',
  };
}

/** Returns the Event of a run that handled an annotation without an approval. */
export function ignoredApprovalEvents(
  before: Pick<Approval, 'lastHandled'>,
  { lastHandled }: Approval,
  ignored: IgnoredApproval | undefined,
): PolicyEvent[] {
  return ignored === undefined || before.lastHandled === lastHandled
    ? []
    : [{ type: 'Warning', reason: 'ApprovalIgnored', message: `${ignored.reason}; ${ignored.remedy}` }];
}
