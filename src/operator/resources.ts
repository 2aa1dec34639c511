import type { KubeObject, Resource } from '../kube/resource.ts';
import type { WorkspaceApplicationPolicy } from '../policy/resource.gen.ts';

export const POLICIES: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'workspaceapplicationpolicies',
  kind: 'WorkspaceApplicationPolicy',
  namespaced: true,
};

/** A WorkspaceApplicationPolicy as the API server sends it. */
export type PolicyObject = KubeObject & Pick<WorkspaceApplicationPolicy, 'status'>;
