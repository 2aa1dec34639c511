import type { ApiClient } from '../../../kube/apiClient.ts';
import type { Resource } from '../../../kube/resource.ts';

const review = (plural: string, kind: string): Resource => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
});
const SELF_REVIEWS = review('selfsubjectaccessreviews', 'SelfSubjectAccessReview');
const REVIEWS = review('subjectaccessreviews', 'SubjectAccessReview');

/** What the operator needs: the group, the resource, the verbs. */
const PERMISSIONS: readonly (readonly [
  group: string,
  resource: string,
  subresource: string | undefined,
  verbs: readonly string[],
])[] = [
  ['wsap.dev', 'workspaceapplicationpolicies', undefined, ['get', 'list', 'watch']],
  ['wsap.dev', 'workspaceapplicationpolicies', 'status', ['patch']],
  ['wsap.dev', 'workspacefleets', undefined, ['get', 'list', 'watch']],
  ['wsap.dev', 'workspacefleets', 'status', ['patch']],
  ['', 'namespaces', undefined, ['list', 'watch']],
  ['', 'events', undefined, ['create', 'patch']],
  ['coordination.k8s.io', 'leases', undefined, ['get', 'list', 'watch', 'create', 'update', 'delete']],
];

/** Whose permissions are asked for. */
export interface PermissionSubject {
  readonly namespace: string;
  /** Of a ServiceAccount there. */
  readonly serviceAccount: string;
  /** The only namespace whose policies it looks after; undefined: all. */
  readonly operatorNamespace: string | undefined;
}

/**
 * What of the operator's permissions a subject lacks, as `patch workspacefleets/status`. Undefined: whoever asks. Rejects with an ApiError
 * if that can't be asked.
 */
export async function missingPermissions(
  client: ApiClient,
  subject: PermissionSubject | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const asked = PERMISSIONS.flatMap(([group, resource, subresource, verbs]) =>
    verbs.map((verb) => ({ group, resource, subresource, verb, namespace: placeOf(resource, subject) })),
  );
  const kind = subject === undefined ? SELF_REVIEWS : REVIEWS;
  const answers = await Promise.all(
    asked.map(async (resourceAttributes) => {
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
  return asked
    .filter((_, index) => !answers[index])
    .map(
      ({ verb, resource, subresource }) => `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`,
    );
}

function placeOf(resource: string, subject: PermissionSubject | undefined): string | undefined {
  if (resource === 'leases') {
    return subject?.namespace;
  }
  return resource === 'workspacefleets' || resource === 'namespaces' ? undefined : subject?.operatorNamespace;
}

/** As the API server knows a ServiceAccount. */
function userOf({ namespace, serviceAccount }: PermissionSubject) {
  return {
    user: `system:serviceaccount:${namespace}:${serviceAccount}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
