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

/** The labels of the operator's pods, as deploy/ has them. */
const LABELS = { 'app.kubernetes.io/name': 'wsap', 'app.kubernetes.io/component': 'operator' };

/** Looks at each operator that runs in the cluster: its health, its version, and what its ServiceAccount may do; else at whoever asks. */
export async function checkDeployments(client: ApiClient, signal: AbortSignal): Promise<CheckResult[]> {
  const found = await deploymentsIn(client, signal);
  const own = () =>
    check('permissions', async () => judged(await missingPermissions(client, undefined, signal), 'you'));
  if (typeof found === 'string') {
    return [skipped('deployment', found), await own()];
  }
  const results: CheckResult[] = [];
  for (const deployment of found) {
    const subject = subjectOf(deployment);
    results.push(
      await check('deployment', async () => healthOf(deployment)),
      await check('permissions', () => permissionsOf(client, subject, signal)),
    );
  }
  return results;
}

/** Few may ask what others may do: that nobody can tell is no fault of the installation. */
async function permissionsOf(client: ApiClient, subject: PermissionSubject, signal: AbortSignal) {
  try {
    return judged(await missingPermissions(client, subject, signal), `the ServiceAccount ${subject.serviceAccount}`);
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) {
      return { result: 'skip' as const, message: error.message };
    }
    throw error;
  }
}

/** The operators, or why none can be looked at. */
async function deploymentsIn(client: ApiClient, signal: AbortSignal): Promise<Deployment[] | string> {
  try {
    const { items } = await listAll<Deployment>(client, { resource: DEPLOYMENTS }, signal);
    const operators = items.filter(({ spec }) =>
      Object.entries(LABELS).every(([name, value]) => spec?.template?.metadata?.labels?.[name] === value),
    );
    return operators.length > 0
      ? operators
      : 'no Deployment of deploy/ is in the cluster; the operator may run elsewhere';
  } catch (error) {
    if (error instanceof ApiError) {
      return error.message;
    }
    throw error;
  }
}

function healthOf({ metadata: { namespace, name }, spec, status }: Deployment): string | Omit<CheckResult, 'name'> {
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const image = operatorIn(spec)?.image;
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image ?? '')?.[1];
  const message = `${ready} of ${wanted} replicas of ${namespace}/${name} are ready, version ${tag ?? `not told by ${image}`}`;
  if (ready < Math.max(wanted, 1)) {
    throw new Error(`${message}; kubectl -n ${namespace} describe deployment ${name}`);
  }
  return tag === undefined || tag.replace(/^v/, '') === version
    ? message
    : { result: 'warn', message: `${message}, and this wsap is ${version}: their plans may differ` };
}

function operatorIn(spec: Deployment['spec']): Container | undefined {
  const containers = spec?.template?.spec?.containers ?? [];
  return containers.find(({ args }) => args?.[0] === 'operator') ?? containers[0];
}

function subjectOf({ metadata: { namespace = 'default' }, spec }: Deployment): PermissionSubject {
  const { args = [], env = [] } = operatorIn(spec) ?? {};
  const flag = args.indexOf('--namespace');
  const watched =
    args.find((one) => one.startsWith('--namespace='))?.slice('--namespace='.length) ??
    (flag === -1 ? env.find(({ name }) => name === 'WSAP_NAMESPACE')?.value : args[flag + 1]);
  const serviceAccount = spec?.template?.spec?.serviceAccountName ?? 'default';
  return { namespace, serviceAccount, operatorNamespace: watched || undefined };
}

function judged(missing: readonly string[], who: string): string {
  if (missing.length > 0) {
    throw new Error(`${who} may not, and the operator has to: ${missing.join(', ')}; allow it in a ClusterRole`);
  }
  return `${who} may do all that the operator has to`;
}
