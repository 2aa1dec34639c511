import type { ApiClient } from '../../../kube/apiClient.ts';
import type { Resource } from '../../../kube/resource.ts';
import { CLUSTER_LEASE } from '../../../operator/ownership/clusterLease.ts';

const review = (plural: string, kind: string): Resource => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
});
const SELF_REVIEWS = review('selfsubjectaccessreviews', 'SelfSubjectAccessReview');
const REVIEWS = review('subjectaccessreviews', 'SubjectAccessReview');

/** Permissions that the operator needs. */
const PERMISSIONS: readonly (readonly [
  group: string,
  resource: string,
  subresource: string | undefined,
  verbs: readonly string[],
  name?: string,
])[] = [
  ['wsap.dev', 'workspaceapplicationpolicies', undefined, ['get', 'list', 'watch']],
  ['wsap.dev', 'workspaceapplicationpolicies', 'status', ['patch']],
  ['wsap.dev', 'workspacefleets', undefined, ['get', 'list', 'watch']],
  ['wsap.dev', 'workspacefleets', 'status', ['patch']],
  ['', 'namespaces', undefined, ['list', 'watch']],
  ['', 'events', undefined, ['create', 'patch']],
  ['coordination.k8s.io', 'leases', undefined, ['get', 'list', 'watch', 'create', 'update', 'delete']],
  ['coordination.k8s.io', 'leases', undefined, ['get', 'create', 'update'], CLUSTER_LEASE],
];

/** A ServiceAccount whose permissions are reviewed. */
export interface PermissionSubject {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The only namespace whose policies the operator watches. Undefined: all namespaces. */
  readonly operatorNamespace: string | undefined;
  /** Namespace of the Lease by which the operators of a cluster exclude each other. */
  readonly clusterLeaseNamespace: string;
}

/**
 * Returns the permissions of the operator that a subject lacks, for example, `patch workspacefleets/status`. Without a subject, those that
 * the current user lacks. Rejects with an ApiError if the review fails.
 */
export async function missingPermissions(
  client: ApiClient,
  subject: PermissionSubject | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const attributes = PERMISSIONS.flatMap(([group, resource, subresource, verbs, name]) =>
    verbs.map((verb) => ({
      group,
      resource,
      subresource,
      verb,
      name,
      namespace: name === CLUSTER_LEASE ? subject?.clusterLeaseNamespace : namespaceOf(resource, subject),
    })),
  );
  const kind = subject === undefined ? SELF_REVIEWS : REVIEWS;
  const allowed = await Promise.all(
    attributes.map(async (resourceAttributes) => {
      const { status } = await client.request<{ status?: { allowed?: boolean } }>({
        verb: 'create',
        resource: kind,
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: kind.kind,
          spec: { resourceAttributes, ...(subject !== undefined && userOf(subject)) },
        },
        signal,
      });
      return status?.allowed === true;
    }),
  );
  return attributes
    .filter((_, index) => !allowed[index])
    .map(
      ({ verb, resource, subresource, name }) =>
        `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${name === undefined ? '' : ` ${name}`}`,
    );
}

/** Returns the namespace in which the operator uses a resource. Undefined: all namespaces, or a cluster-scoped resource. */
function namespaceOf(resource: string, subject: PermissionSubject | undefined): string | undefined {
  if (resource === 'leases') {
    return subject?.namespace;
  }
  return resource === 'workspacefleets' || resource === 'namespaces' ? undefined : subject?.operatorNamespace;
}

/** Returns the user and the groups of a ServiceAccount. */
function userOf({ namespace, serviceAccount }: PermissionSubject) {
  return {
    user: `system:serviceaccount:${namespace}:${serviceAccount}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
