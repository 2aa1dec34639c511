import type { WorkspaceFleet } from '../policy/fleetResource.gen.ts';
import type { WorkspaceApplicationPolicy } from '../policy/resource.gen.ts';
import type { KubeObject, Resource } from './resource.ts';

export const POLICIES: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'workspaceapplicationpolicies',
  kind: 'WorkspaceApplicationPolicy',
  namespaced: true,
};

/** A WorkspaceApplicationPolicy as the API server sends it. */
export type PolicyObject = KubeObject & Pick<WorkspaceApplicationPolicy, 'status'>;

export const FLEETS: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'workspacefleets',
  kind: 'WorkspaceFleet',
  namespaced: false,
};

/** A WorkspaceFleet as the API server sends it. */
export type FleetObject = KubeObject & Pick<WorkspaceFleet, 'status'>;

/** Read for their labels, by which fleets admit them. */
export const NAMESPACES: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
