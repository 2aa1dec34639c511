import { type AnnotatedObject, showsApprovalAsRequired } from '../policy/annotations.ts';
import type { PolicyStatus } from './resource.ts';

/** Policy with a status, as far as its waiting plan depends on it. */
interface PlannedPolicy {
  readonly metadata: { readonly uid?: string };
  readonly status?: PolicyStatus | undefined;
}

/**
 * Returns the ID of the plan that waits for an approval. Undefined if the status shows none, belongs to another object, or shows a plan
 * that is approved or requires no approval.
 */
export function waitingPlanID(policy: PlannedPolicy): string | undefined {
  const { metadata, status } = policy;
  const isRequired = showsApprovalAsRequired(policy as AnnotatedObject);
  const id = status?.plan?.id;
  return isRequired && status?.objectUID === metadata.uid && id !== status?.lastApprovedPlan ? id : undefined;
}
