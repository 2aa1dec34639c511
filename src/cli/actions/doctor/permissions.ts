import type { ApiClient } from '../../../kube/apiClient.ts';
import type { Resource } from '../../../kube/resource.ts';
import { CLUSTER_LEASE } from '../../../operator/ownership/clusterLease.ts';
import type { OperatorSubject } from './operatorSubject.ts';

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

/** A permission that the operator needs. */
interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly verb: string;
  /** Namespace in which the operator needs it. Undefined for all namespaces, or a cluster-scoped resource. */
  readonly namespace: string | undefined;
  /** Name of the only object. Undefined for all objects. */
  readonly name: string | undefined;
}

/**
 * Returns a description of the permissions of the operator that a subject lacks, with the roles to grant them in, for example, `in a
 * ClusterRole: patch workspacefleets/status`. Returns undefined if none is missing. Rejects with an ApiError if the review fails.
 */
export async function missingPermissions(
  client: ApiClient,
  subject: OperatorSubject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const permissions = PERMISSIONS.flatMap(([group, resource, subresource, verbs, name]) =>
    verbs.map((verb): Permission => {
      const namespace = name === CLUSTER_LEASE ? subject.clusterLeaseNamespace : namespaceOf(resource, subject);
      return { group, resource, subresource, verb, name, namespace };
    }),
  );
  const kind = subject.serviceAccount === undefined ? SELF_REVIEWS : REVIEWS;
  const allowed = await Promise.all(
    permissions.map(async (resourceAttributes) => {
      const { status } = await client.request<{ status?: { allowed?: boolean } }>({
        verb: 'create',
        resource: kind,
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: kind.kind,
          spec: { resourceAttributes, ...userOf(subject) },
        },
        signal,
      });
      return status?.allowed === true;
    }),
  );
  const missing = permissions.filter((_, index) => !allowed[index]);
  return missing.length === 0 ? undefined : rolesFor(missing);
}

/** Lists permissions by the role that is sufficient to grant them. */
function rolesFor(permissions: readonly Permission[]): string {
  return [...Map.groupBy(permissions, ({ namespace }) => namespace)]
    .map(([namespace, granted]) => {
      const role = namespace === undefined ? 'in a ClusterRole' : `in a Role in ${namespace}`;
      return `${role}: ${granted.map(titleOf).join(', ')}`;
    })
    .join('; ');
}

function titleOf({ verb, resource, subresource, name }: Permission): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${name === undefined ? '' : ` ${name}`}`;
}

/** Returns the namespace in which the operator uses a resource. Undefined: all namespaces, or a cluster-scoped resource. */
function namespaceOf(resource: string, { leaseNamespace, watchedNamespace }: OperatorSubject): string | undefined {
  if (resource === 'leases') {
    return leaseNamespace;
  }
  return resource === 'workspacefleets' || resource === 'namespaces' ? undefined : watchedNamespace;
}

/** Returns the user and the groups of a ServiceAccount, or nothing for the current user. */
function userOf({ serviceAccount }: OperatorSubject) {
  if (serviceAccount === undefined) {
    return {};
  }
  const { namespace, name } = serviceAccount;
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
