import { systemClock } from '../../clock.ts';
import { type ApiClient, PATCH } from '../../kube/apiClient.ts';
import { ApiError } from '../../kube/apiError.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { listAll } from '../../kube/watch.ts';
import { sanitize } from '../../sanitize.ts';
import { CliError } from '../output/cliError.ts';
import type { Cluster } from './connectToCluster.ts';

/** How often a policy is looked at while something is awaited of it, in milliseconds. */
const LOOK_EVERY = 300;

/** The named policies of the namespace, or all of them where none is named, by name. Rejects with CliError for one that isn't there. */
export async function policiesOf(
  { client, namespace }: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<PolicyObject[]> {
  if (names.length > 0) {
    return Promise.all(names.map((name) => policyNamed(client, namespace, name, signal)));
  }
  const { items } = await listAll<PolicyObject>(client, { resource: POLICIES, namespace }, signal);
  return items;
}

async function policyNamed(client: ApiClient, namespace: string, name: string, signal: AbortSignal) {
  try {
    return await client.request<PolicyObject>({ verb: 'get', resource: POLICIES, namespace, name, signal });
  } catch (error) {
    if (error instanceof ApiError && error.code === 404 && error.objectName === name) {
      throw new CliError(`there is no policy ${sanitize(name)} in the namespace ${sanitize(namespace)}`);
    }
    throw error;
  }
}

/** Changes a policy as it is in the cluster, and returns it. */
export function patchPolicy(
  { client }: Pick<Cluster, 'client'>,
  { metadata: { namespace, name } }: PolicyObject,
  patch: object,
  signal: AbortSignal,
): Promise<PolicyObject> {
  return client.request<PolicyObject>({
    verb: 'patch',
    resource: POLICIES,
    namespace,
    name,
    query: { fieldManager: 'kubectl-wsap' },
    contentType: PATCH.merge,
    body: patch,
    signal,
  });
}

/**
 * Waits until a policy is as it should be. Rejects with CliError when the time is up, which says what it was then.
 *
 * @param timeout milliseconds
 */
export async function waitForPolicy(
  { client }: Pick<Cluster, 'client'>,
  { metadata: { namespace = '', name } }: PolicyObject,
  isDone: (policy: PolicyObject) => boolean,
  timeout: number,
  signal: AbortSignal,
): Promise<PolicyObject> {
  const giveUpAt = systemClock.monotonic() + timeout;
  for (;;) {
    const policy = await policyNamed(client, namespace, name, signal);
    if (isDone(policy)) {
      return policy;
    }
    if (systemClock.monotonic() >= giveUpAt) {
      const ready = readyOf(policy);
      const seen = policy.status?.observedGeneration === -1 ? 'the operator has not seen it; is it running?' : ready;
      throw new CliError(`${namespace}/${name} was not handled in time; ${seen}`);
    }
    await systemClock.sleep(LOOK_EVERY, signal);
  }
}

/** Describes the Ready condition in a line, or the Compliant condition if the policy is Ready. */
export function readyOf({ status }: PolicyObject): string {
  const [ready, compliant] = [conditionOf(status, 'Ready'), conditionOf(status, 'Compliant')];
  if (ready === undefined) {
    return 'no status yet';
  }
  const [prefix, shown] =
    ready.status === 'True' && compliant !== undefined
      ? [`Ready=True, Compliant=${compliant.status}`, compliant]
      : [`Ready=${ready.status}`, ready];
  return sanitize(`${prefix} (${shown.reason}): ${shown.message}`, 1024);
}

/** A condition of a policy by its type. */
export function conditionOf(status: PolicyObject['status'], type: string) {
  return status?.conditions?.find((one) => one.type === type);
}
