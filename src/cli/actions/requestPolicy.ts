import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../../clock.ts';
import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import type { KubeFlags } from '../commands/kubeFlags.ts';
import { CliError, EXIT } from '../output/cliError.ts';
import { proposalOf } from './approvalPreview.ts';
import { type Cluster, connectToCluster } from './connectToCluster.ts';
import { conditionOf, patchPolicy, policiesOf, readyOf, waitForPolicy } from './policies.ts';
import { stopSignal } from './signals.ts';

export interface WaitFlags extends KubeFlags {
  readonly wait: boolean;
  readonly timeout: number;
}

/** What can be asked of policies. */
export type PolicyAction = keyof typeof REQUESTS;

/** How a command asks something of a policy, and when that is handled. */
interface Request {
  readonly patch: object;
  readonly isHandled: (policy: PolicyObject) => boolean;
  readonly done: string;
}

const REQUESTED_AT = 'wsap.dev/reconcile-requested-at';
const APPROVED_PLAN = 'wsap.dev/approved-plan';

const REQUESTS = {
  reconcile: (): Request => {
    const at = systemClock.now().toISOString();
    return {
      patch: { metadata: { annotations: { [REQUESTED_AT]: at } } },
      isHandled: ({ status }) => status?.lastHandledReconcileAt === at,
      done: 'reconciled',
    };
  },
  suspend: () => suspending(true),
  resume: () => suspending(false),
};

/** Asks the same of several policies, and tells what came of it. */
export async function applyToAll(
  question: PolicyAction,
  names: readonly string[],
  flags: WaitFlags & { readonly all: boolean },
): Promise<void> {
  if (flags.all === names.length > 0) {
    throw new CliError(`name the policies to ${question}, or all of them with --all`);
  }
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const policies = await policiesOf(cluster, [...new Set(names)], signal);
  if (policies.length === 0) {
    throw new CliError(`there are no policies in the namespace ${sanitize(cluster.namespace)}`);
  }
  const asked = policies.map((policy) => ask(cluster, policy, REQUESTS[question](), flags, signal));
  report(await Promise.allSettled(asked));
}

/** Approves the plan that a policy proposes: the one of the id, or else the one that the person confirms. */
export async function approve(name: string, planId: string | undefined, flags: WaitFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const [policy] = await policiesOf(cluster, [name], signal);
  const proposed = policy?.status?.plan?.id;
  if (policy === undefined || proposed === undefined) {
    throw new CliError(`${sanitize(name)} has no plan that waits for an approval`);
  }
  if (planId === undefined) {
    await confirm(policy, proposed);
  } else if (planId !== proposed) {
    throw new CliError(
      `${sanitize(name)} proposes the plan ${sanitize(proposed)} by now, and not ${sanitize(planId)}; look at that one first`,
    );
  }
  const approval: Request = {
    patch: { metadata: { annotations: { [APPROVED_PLAN]: proposed } } },
    isHandled: ({ status }) => status?.lastApprovedPlan === proposed,
    done: `approved the plan ${proposed}`,
  };
  report(await Promise.allSettled([ask(cluster, policy, approval, flags, signal)]));
}

function suspending(suspend: boolean): Request {
  return { patch: { spec: { suspend } }, isHandled: isObserved, done: suspend ? 'suspended' : 'resumed' };
}

function isObserved({ metadata, status }: PolicyObject): boolean {
  return status?.observedGeneration === metadata.generation;
}

/** Nobody approves what they haven't seen. */
async function confirm(policy: PolicyObject, planId: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliError(
      `name the plan that you approve: ${sanitize(planId)}, if that is the one that you have looked at`,
    );
  }
  const { namespace, name } = policy.metadata;
  process.stdout.write(`Plan ${sanitize(planId)} of ${sanitize(`${namespace}/${name}`)}:\n\n${proposalOf(policy)}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = '\nApprove it? Only yes is taken: ';
  // Ctrl-C and Ctrl-D are no yes, either.
  const answer = await terminal.question(question).catch(() => '');
  terminal.close();
  if (answer.trim() !== 'yes') {
    throw new CliError('nothing was approved');
  }
}

/** Asks, and waits until the operator has handled it. Returns what to say. */
async function ask(
  cluster: Cluster,
  policy: PolicyObject,
  { patch, isHandled, done }: Request,
  { wait, timeout }: WaitFlags,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly isReady: boolean }> {
  const asked = await patchPolicy(cluster, policy, patch, signal);
  const { namespace, name } = policy.metadata;
  const title = sanitize(`${namespace}/${name}`);
  if (!wait) {
    return { line: `${title}: asked`, isReady: true };
  }
  const handled = await waitForPolicy(cluster, asked, (one) => isHandled(one) && isObserved(one), timeout, signal);
  const isReady = conditionOf(handled.status, 'Ready')?.status === 'True';
  return { line: `${title} ${done}: ${readyOf(handled)}`, isReady };
}

/** One line for each policy; those that failed come on stderr, and the rest is done all the same. */
function report(results: readonly PromiseSettledResult<{ line: string; isReady: boolean }>[]): void {
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
