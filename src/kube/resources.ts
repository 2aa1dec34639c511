import type { WorkspaceFleet } from '../policy/fleetResource.gen.ts';
import type { NotificationProvider } from '../policy/providerResource.gen.ts';
import type { WorkspaceApplicationPolicy } from '../policy/resource.gen.ts';
import type { KubeObject, Resource } from './resource.ts';

export const POLICIES: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'workspaceapplicationpolicies',
  kind: 'WorkspaceApplicationPolicy',
  namespaced: true,
};

/** WorkspaceApplicationPolicy as returned by the API server. */
export type PolicyObject = KubeObject & Pick<WorkspaceApplicationPolicy, 'status'>;

export const FLEETS: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'workspacefleets',
  kind: 'WorkspaceFleet',
  namespaced: false,
};

/** WorkspaceFleet as returned by the API server. */
export type FleetObject = KubeObject & Pick<WorkspaceFleet, 'status'>;

export const PROVIDERS: Resource = {
  group: 'wsap.dev',
  version: 'v1alpha1',
  plural: 'notificationproviders',
  kind: 'NotificationProvider',
  namespaced: false,
};

/** NotificationProvider as returned by the API server. */
export type ProviderObject = KubeObject & Pick<NotificationProvider, 'status'>;

/** Namespaces, whose labels decide which fleets admit their policies. */
export const NAMESPACES: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

/** CustomResourceDefinitions. */
export const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
