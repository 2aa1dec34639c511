import { CLUSTER_LEASE } from '../../src/operator/ownership/clusterLease.ts';
import type { InstallationHarness } from './installationHarness.ts';

/** Entry of the API server's audit log (audit.k8s.io/v1). */
interface AuditEntry {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
}

/** Names of objects to which a rule in deploy/ applies. */
const NAMED = new Set([CLUSTER_LEASE]);

/**
 * Returns the permissions that a ServiceAccount has used and those that it was denied, each as `patch
 * workspacefleets/status.wsap.dev` or `get leases.coordination.k8s.io wsap.operators`, sorted.
 */
export async function usedPermissions(installation: InstallationHarness, namespace: string, serviceAccount: string) {
  const lines = (await installation.auditLog()).split('\n').filter((line) => line.endsWith('}'));
  const entries = lines
    .map((line): AuditEntry => JSON.parse(line))
    .filter(({ user }) => user.username === `system:serviceaccount:${namespace}:${serviceAccount}`);
  const isRefused = ({ responseStatus }: AuditEntry) => [401, 403].includes(responseStatus?.code ?? 0);
  return {
    done: permissionsOf(entries.filter((entry) => !isRefused(entry))),
    refused: permissionsOf(entries.filter(isRefused)),
  };
}

function permissionsOf(entries: readonly AuditEntry[]): string[] {
  const permissions = entries.flatMap(({ verb, objectRef }) => {
    if (objectRef === undefined) {
      return [];
    }
    const { apiGroup, resource, subresource, name = '' } = objectRef;
    const path = subresource === undefined ? resource : `${resource}/${subresource}`;
    return [permission(verb, apiGroup, path, NAMED.has(name) ? name : undefined)];
  });
  return [...new Set(permissions)].sort();
}

function permission(verb: string, group = '', resource: string, name?: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Returns the permissions of roles in a namespace, or of cluster roles, in the same format. */
export async function rolePermissions(
  installation: InstallationHarness,
  namespace: string,
  ...roles: string[]
): Promise<string[]> {
  const texts = await Promise.all(
    roles.map((role) => installation.kubectl('get', '-n', namespace, role, '-o', 'json')),
  );
  return texts
    .flatMap((text): Rule[] => JSON.parse(text).rules)
    .flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => resourceNames.map((name) => permission(verb, group, resource, name))),
        ),
      ),
    )
    .sort();
}

/**
 * Returns the permissions of a ServiceAccount in a namespace beyond those of every ServiceAccount, each as `namespaces
 * [list watch]`.
 */
export async function effectivePermissions(
  installation: InstallationHarness,
  namespace: string,
  serviceAccount: string,
  inNamespace: string,
): Promise<string[]> {
  const list = async (kubeconfig: string) => {
    const text = await installation.kubectl('--kubeconfig', kubeconfig, 'auth', 'can-i', '--list', '-n', inNamespace);
    return text
      .split('\n')
      .map((line) => line.replace(/^(\S*) +\[(.*?)\] +\[(.*?)\] +(\[.*\])$/, '$1$2 $3 $4').replace('  ', ' '));
  };
  const any = new Set(await list(await installation.kubeconfigOf('default', 'powerless')));
  return (await list(await installation.kubeconfigOf(namespace, serviceAccount)))
    .filter((line) => !any.has(line) && !line.startsWith('Resources '))
    .sort();
}
