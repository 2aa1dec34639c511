import type { PolicyObject } from '../../../kube/resources.ts';
import type { WorkspaceApplicationPolicy } from '../../../policy/resource.gen.ts';
import { conditionOf } from '../policies.ts';

/**
 * Returns the ID of the plan that waits for an approval. Undefined if the status shows none, belongs to another object, or shows a plan
 * that is approved or requires no approval.
 */
export function waitingPlanID(policy: PolicyObject): string | undefined {
  const { metadata, status } = policy;
  const { enforcement } = (policy as PolicyObject & Partial<WorkspaceApplicationPolicy>).spec ?? {};
  const exceeds = conditionOf(status, 'Ready')?.reason === 'SafeguardExceeded';
  const isWaiting = enforcement === 'Approve' || (enforcement === 'Enforce' && exceeds);
  const id = status?.plan?.id;
  return isWaiting && status?.objectUID === metadata.uid && id !== status?.lastApprovedPlan ? id : undefined;
}
