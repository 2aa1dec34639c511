import process from 'node:process';
import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import type { BulkFlags, WaitFlags } from '../commands/flags.ts';
import { CliError, EXIT, stopSignal } from '../exit.ts';
import { type Cluster, connectToCluster } from './connectToCluster.ts';
import { conditionOf, patchPolicy, policiesOf, readyOf, waitForPolicy } from './policies.ts';

/** A change of a policy that the operator handles. */
export interface PolicyRequest {
  readonly patch: object;
  /** Whether the operator has handled the request, in addition to the generation of the policy. */
  readonly isHandled: (policy: PolicyObject) => boolean;
  /** Result for the user, for example, `suspended`. */
  readonly done: string;
  /** Returns why a handled request had no effect. Undefined if it had. */
  readonly failureOf?: (policy: PolicyObject) => string | undefined;
}

/**
 * Sends a request to the named policies or to all policies in the namespace, and prints the results.
 *
 * @throws CliError if the flags select no policies
 */
export async function requestAll(
  verb: string,
  createRequest: () => PolicyRequest,
  names: readonly string[],
  flags: BulkFlags,
): Promise<void> {
  if (flags.all === names.length > 0) {
    throw new CliError(`name the policies to ${verb}, or select all policies in the namespace with --all`);
  }
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const policies = await policiesOf(cluster, [...new Set(names)], signal);
  if (policies.length === 0) {
    throw new CliError(`no policies found in namespace ${sanitize(cluster.namespace)}`);
  }
  await sendAndPrint(cluster, policies, createRequest, flags, signal);
}

/** Sends a request to policies, waits unless the flags disable it, and prints a line for each policy. */
export async function sendAndPrint(
  cluster: Cluster,
  policies: readonly PolicyObject[],
  createRequest: () => PolicyRequest,
  flags: WaitFlags,
  signal: AbortSignal,
): Promise<void> {
  const results = await Promise.allSettled(
    policies.map((policy) => send(cluster, policy, createRequest(), flags, signal)),
  );
  for (const result of results) {
    if (result.status === 'fulfilled') {
      process.stdout.write(`${result.value.line}\n`);
    } else {
      const { message } = result.reason as Error;
      process.stderr.write(`wsap: ${sanitize(message, 2048)}\n`);
    }
  }
  if (results.some((result) => result.status === 'rejected' || !result.value.isReady)) {
    process.exitCode = EXIT.error;
  }
}

async function send(
  cluster: Cluster,
  policy: PolicyObject,
  { patch, isHandled, done, failureOf }: PolicyRequest,
  { wait, timeout }: WaitFlags,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly isReady: boolean }> {
  const patched = await patchPolicy(cluster, policy, patch, signal);
  const { namespace, name } = policy.metadata;
  const title = sanitize(`${namespace}/${name}`);
  if (!wait) {
    return { line: `${title}: requested`, isReady: true };
  }
  const handled = await waitForPolicy(
    cluster,
    patched,
    (current) => isHandled(current) && isObserved(current),
    timeout,
    signal,
  );
  const failure = failureOf?.(handled);
  if (failure !== undefined) {
    throw new CliError(`policy ${title}: ${failure}`);
  }
  const isReady = conditionOf(handled.status, 'Ready')?.status === 'True';
  return { line: `${title} ${done}: ${readyOf(handled)}`, isReady };
}

function isObserved({ metadata, status }: PolicyObject): boolean {
  return status?.observedGeneration === metadata.generation;
}
