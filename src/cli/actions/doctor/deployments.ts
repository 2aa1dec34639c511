import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import type { KubeObject, Resource } from '../../../kube/resource.ts';
import { listAll } from '../../../kube/watch.ts';
import { version } from '../../version.ts';
import { type CheckResult, check, skipped } from './check.ts';
import { missingPermissions, type PermissionSubject } from './permissions.ts';

const DEPLOYMENTS: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

interface Container {
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

type Deployment = KubeObject & {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: { readonly serviceAccountName?: string; readonly containers?: readonly Container[] };
    };
  };
  readonly status?: { readonly readyReplicas?: number };
};

/** Labels of the operator's pods in deploy/. */
const LABELS = { 'app.kubernetes.io/name': 'wsap', 'app.kubernetes.io/component': 'operator' };

/**
 * Checks the health, the version, and the permissions of each operator in the cluster. Without one, checks the permissions of the
 * current user.
 */
export async function checkDeployments(client: ApiClient, signal: AbortSignal): Promise<CheckResult[]> {
  const found = await deploymentsIn(client, signal);
  if (typeof found === 'string') {
    return [
      skipped('deployment', found),
      await check('permissions', async () =>
        permissionSummary(await missingPermissions(client, undefined, signal), 'the current user'),
      ),
    ];
  }
  const results: CheckResult[] = [];
  for (const deployment of found) {
    const subject = subjectOf(deployment);
    results.push(
      await check('deployment', async () => healthOf(deployment)),
      await check('permissions', () => checkPermissions(client, subject, signal)),
    );
  }
  return results;
}

/** Skips the check if the current user may not review the permissions of others, because the installation can still be correct. */
async function checkPermissions(client: ApiClient, subject: PermissionSubject, signal: AbortSignal) {
  try {
    return permissionSummary(
      await missingPermissions(client, subject, signal),
      `ServiceAccount ${subject.namespace}/${subject.serviceAccount}`,
    );
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) {
      return { result: 'skip' as const, message: error.message };
    }
    throw error;
  }
}

/** Returns the Deployments of operators, or the reason why there are none to check. */
async function deploymentsIn(client: ApiClient, signal: AbortSignal): Promise<Deployment[] | string> {
  try {
    const { items } = await listAll<Deployment>(client, { resource: DEPLOYMENTS }, signal);
    const operators = items.filter(({ spec }) =>
      Object.entries(LABELS).every(([name, value]) => spec?.template?.metadata?.labels?.[name] === value),
    );
    return operators.length > 0
      ? operators
      : 'no Deployment with the labels of deploy/ found; the operator may run elsewhere';
  } catch (error) {
    if (error instanceof ApiError) {
      return error.message;
    }
    throw error;
  }
}

function healthOf({ metadata: { namespace, name }, spec, status }: Deployment): string | Omit<CheckResult, 'name'> {
  const desired = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const image = operatorIn(spec)?.image;
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image ?? '')?.[1];
  const message = `${ready} of ${desired} replicas of ${namespace}/${name} are ready, version ${tag ?? `unknown (image ${image})`}`;
  if (ready < Math.max(desired, 1)) {
    throw new Error(`${message}; run kubectl -n ${namespace} describe deployment ${name}`);
  }
  return tag === undefined || tag.replace(/^v/, '') === version
    ? message
    : { result: 'warn', message: `${message}; this wsap has version ${version}, so its plans may differ` };
}

function operatorIn(spec: Deployment['spec']): Container | undefined {
  const containers = spec?.template?.spec?.containers ?? [];
  return containers.find(({ args }) => args?.[0] === 'operator') ?? containers[0];
}

function subjectOf({ metadata: { namespace = 'default' }, spec }: Deployment): PermissionSubject {
  const container = operatorIn(spec);
  const serviceAccount = spec?.template?.spec?.serviceAccountName ?? 'default';
  return {
    namespace,
    serviceAccount,
    operatorNamespace: flagOf(container, 'namespace'),
    clusterLeaseNamespace: flagOf(container, 'cluster-lease-namespace') ?? 'kube-system',
  };
}

/** Returns the value of a flag of the operator, from its arguments or its environment variables. Undefined if it isn't set. */
function flagOf({ args = [], env = [] }: Container = {}, name: string): string | undefined {
  const flag = args.indexOf(`--${name}`);
  const variable = `WSAP_${name.replaceAll('-', '_').toUpperCase()}`;
  const value =
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(`--${name}=`.length) ??
    (flag === -1 ? env.find((one) => one.name === variable)?.value : args[flag + 1]);
  return value || undefined;
}

function permissionSummary(missing: readonly string[], who: string): string {
  if (missing.length > 0) {
    throw new Error(
      `${who} lacks permissions that the operator needs: ${missing.join(', ')}; grant them in a ClusterRole`,
    );
  }
  return `${who} has all permissions that the operator needs`;
}
