import { systemClock } from '../../clock.ts';
import type { ApiClient } from '../../kube/apiClient.ts';
import { ApiError } from '../../kube/apiError.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { listAll } from '../../kube/watch.ts';
import { sanitize } from '../../sanitize.ts';
import { CliError } from '../exit.ts';
import type { Cluster } from './connectToCluster.ts';
import { patchObject } from './patchObject.ts';

/** Interval between reads of a policy while a command waits for the operator. */
const POLL_INTERVAL_MS = 300;

/** Returns the named policies of the namespace; without names, all of its policies. Rejects with a CliError for a missing policy. */
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
      throw new CliError(`policy ${sanitize(name)} not found in namespace ${sanitize(namespace)}`);
    }
    throw error;
  }
}

/** Patches a policy in the cluster. Returns the patched policy. */
export function patchPolicy(
  { client }: Pick<Cluster, 'client'>,
  { metadata: { namespace, name } }: PolicyObject,
  patch: object,
  signal: AbortSignal,
): Promise<PolicyObject> {
  return patchObject(client, { resource: POLICIES, namespace, name }, patch, signal);
}

/**
 * Waits until `isDone` returns true for a policy. Rejects with a CliError that shows its latest state when the time is up.
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
  const deadline = systemClock.monotonic() + timeout;
  for (;;) {
    const policy = await policyNamed(client, namespace, name, signal);
    if (isDone(policy)) {
      return policy;
    }
    if (systemClock.monotonic() >= deadline) {
      const state =
        policy.status?.observedGeneration === -1
          ? 'the operator has not reconciled it yet; check that the operator is running'
          : readyOf(policy);
      throw new CliError(`timed out waiting for policy ${namespace}/${name}: ${state}`);
    }
    await systemClock.sleep(POLL_INTERVAL_MS, signal);
  }
}

/** Describes the Ready condition in a line, or the Compliant condition if the policy is Ready. */
export function readyOf({ status }: PolicyObject): string {
  const [ready, compliant] = [conditionOf(status, 'Ready'), conditionOf(status, 'Compliant')];
  if (ready === undefined) {
    return 'not reconciled yet';
  }
  const [prefix, shown] =
    ready.status === 'True' && compliant !== undefined
      ? [`Ready=True, Compliant=${compliant.status}`, compliant]
      : [`Ready=${ready.status}`, ready];
  return sanitize(`${prefix} (${shown.reason}): ${shown.message}`, 1024);
}

/** Returns a condition of a policy by its type. */
export function conditionOf(status: PolicyObject['status'], type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}
