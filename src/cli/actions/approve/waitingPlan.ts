import type { PolicyObject } from '../../../kube/resources.ts';
import { type AnnotatedObject, showsApprovalAsRequired } from '../../../policy/annotations.ts';

/**
 * Returns the ID of the plan that waits for an approval. Undefined if the status shows none, belongs to another object, or shows a plan
 * that is approved or requires no approval.
 */
export function waitingPlanID(policy: PolicyObject): string | undefined {
  const { metadata, status } = policy;
  const isRequired = showsApprovalAsRequired(policy as AnnotatedObject);
  const id = status?.plan?.id;
  return isRequired && status?.objectUID === metadata.uid && id !== status?.lastApprovedPlan ? id : undefined;
}
