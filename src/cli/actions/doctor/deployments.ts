import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import type { KubeObject, Resource } from '../../../kube/resource.ts';
import { listAll } from '../../../kube/watch.ts';
import { CLUSTER_LEASE_NAMESPACE } from '../../../operator/ownership/clusterLease.ts';
import { version } from '../../version.ts';
import type { Cluster } from '../connectToCluster.ts';
import { type CheckResult, check, checkIfAllowed, isForbidden, skipped } from './check.ts';
import type { OperatorSubject } from './operatorSubject.ts';
import { missingPermissions } from './permissions.ts';

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
 * Checks the health, the version, and the permissions of each operator in the cluster. In a pod, or if there is none, checks the
 * permissions of the current user. `user`: the current user as the operator.
 */
export async function checkDeployments(
  { client, isInPod }: Cluster,
  user: OperatorSubject,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const found = await deploymentsIn(client, signal);
  if ('skipped' in found) {
    // Outside of a pod, the permissions of a user who may not read Deployments are not those of the operator.
    return [
      skipped('deployment', found.skipped),
      isInPod || !found.isForbidden
        ? await check('permissions', () => checkPermissions(client, user, signal))
        : skipped('permissions', 'requires the check deployment'),
    ];
  }
  const results: CheckResult[] = [];
  for (const deployment of found.deployments) {
    const subject = subjectOf(deployment);
    results.push(
      await check('deployment', async () => healthOf(deployment)),
      await checkIfAllowed('permissions', () => checkPermissions(client, subject, signal), REVIEW_HINT),
    );
  }
  return results;
}

const REVIEW_HINT = 'to check the permissions of the operator, run doctor in its pod';

async function checkPermissions(client: ApiClient, subject: OperatorSubject, signal: AbortSignal): Promise<string> {
  const missing = await missingPermissions(client, subject, signal);
  if (missing !== undefined) {
    throw new Error(`${subject.title} lacks permissions that the operator needs; grant them ${missing}`);
  }
  return `${subject.title} has all permissions that the operator needs`;
}

type FoundDeployments =
  | { readonly deployments: readonly Deployment[] }
  | { readonly skipped: string; readonly isForbidden: boolean };

/** Returns the Deployments of operators, or the reason why there are none to check. */
async function deploymentsIn(client: ApiClient, signal: AbortSignal): Promise<FoundDeployments> {
  try {
    const { items } = await listAll<Deployment>(client, { resource: DEPLOYMENTS }, signal);
    const deployments = items.filter(({ spec }) =>
      Object.entries(LABELS).every(([name, value]) => spec?.template?.metadata?.labels?.[name] === value),
    );
    return deployments.length > 0
      ? { deployments }
      : {
          skipped: 'no Deployment with the labels of deploy/ found; the operator may run elsewhere',
          isForbidden: false,
        };
  } catch (error) {
    if (error instanceof ApiError) {
      return isForbidden(error)
        ? { skipped: `${error.text}; ${DEPLOYMENT_HINT}`, isForbidden: true }
        : { skipped: error.message, isForbidden: false };
    }
    throw error;
  }
}

const DEPLOYMENT_HINT =
  "the operator doesn't need this permission; to check the Deployment, run doctor as a user who can list Deployments";

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

function subjectOf({ metadata: { namespace = 'default' }, spec }: Deployment): OperatorSubject {
  const container = operatorIn(spec);
  const watchedNamespace = settingOf(container, '--namespace', 'WSAP_NAMESPACE');
  const name = spec?.template?.spec?.serviceAccountName ?? 'default';
  return {
    title: `ServiceAccount ${namespace}/${name}`,
    serviceAccount: { namespace, name },
    leaseNamespace: settingOf(container, '--lease-namespace', 'WSAP_LEASE_NAMESPACE') || namespace,
    watchedNamespace: watchedNamespace || undefined,
    clusterLeaseNamespace:
      settingOf(container, '--cluster-lease-namespace', 'WSAP_CLUSTER_LEASE_NAMESPACE') || CLUSTER_LEASE_NAMESPACE,
  };
}

/** Returns the value of a flag, or of its variable. Undefined if it isn't set or refers to another object. */
function settingOf({ args = [], env = [] }: Container = {}, flag: string, variable: string): string | undefined {
  const index = args.indexOf(flag);
  return (
    args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) ??
    (index === -1 ? env.find(({ name }) => name === variable)?.value : args[index + 1])
  );
}
