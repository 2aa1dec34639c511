import { hostname } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { createAwsFleet } from './aws/createAwsFleet.ts';
import { RateLimiter } from './aws/rateLimiter.ts';
import { systemClock } from './clock.ts';
import { Failures } from './execute/failures.ts';
import { KeyedMutex } from './execute/keyedMutex.ts';
import { Removals } from './execute/removals.ts';
import { Repetitions } from './execute/repetitions.ts';
import { Settling } from './execute/settling.ts';
import { Inventory } from './fleet/inventory.ts';
import { ApiClient } from './kube/apiClient.ts';
import { EventRecorder } from './kube/events.ts';
import { WorkQueue } from './kube/queue.ts';
import { Reflector } from './kube/reflector.ts';
import { StatusWriter } from './kube/statusWriter.ts';
import { Controller } from './operator/controller.ts';
import { PolicyBook } from './operator/policyBook.ts';
import { PolicyStatuses } from './operator/policyStatuses.ts';
import { POLICIES, type PolicyObject } from './operator/resources.ts';
import { printable } from './printable.ts';

export interface OperatorOptions {
  /** Watch this namespace only; undefined: all. */
  readonly namespace: string | undefined;
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  /** Policies reconciled at once. */
  readonly concurrent: number;
  readonly version: string;
  readonly log: Logger;
}

/** How long the last Events may take to be written when the process stops, in milliseconds. */
const FLUSH_TIME = 3_000;

/**
 * Runs the operator until the signal is aborted, then ends what is in flight. The cluster is the kubeconfig's or the pod's own, and AWS
 * is what the SDK's default chain finds.
 */
export async function runOperator(options: OperatorOptions, stopping: AbortSignal): Promise<void> {
  const { namespace, log, version } = options;
  const clock = systemClock;
  const random = Math.random;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const client = new ApiClient(kubeConfig, { clock });
  const onError = ({ message }: { message: string }) => log.warn(printable(message, 2048));

  const rateLimiter = new RateLimiter({
    requestsPerSecond: options.awsRequestsPerSecond,
    burst: options.awsBurst,
    clock,
  });
  const fleet = createAwsFleet({ rateLimiter, clock, signal: stopping, version });
  const queue = new WorkQueue({ clock, random });
  const book = new PolicyBook(clock);
  const events = new EventRecorder({ client, clock, random, onError, instance: hostname() });
  const reflector: Reflector<PolicyObject> = new Reflector({
    client,
    resource: POLICIES,
    namespace,
    clock,
    random,
    onError,
    handlers: [(change) => controller.observe(change)],
  });
  const controller = new Controller({
    fleet: {
      fleet: fleet.urgent,
      inventory: new Inventory(fleet, clock),
      attempts: new Failures(),
      repeated: new Repetitions(),
      removals: new Removals(),
      settling: new Settling(),
      workspaces: new KeyedMutex(workspacesAtOnce(options.awsRequestsPerSecond)),
      deploying: new Map(),
    },
    statuses: new PolicyStatuses(new StatusWriter({ client, resource: POLICIES }), reflector, clock, stopping),
    reflector,
    queue,
    book,
    events,
    clock,
    random,
    log,
    stopping,
  });

  reflector.start();
  log.info(
    { version, namespace: namespace ?? 'all', cluster: kubeConfig.getCurrentCluster()?.server },
    'operator started',
  );
  try {
    await reflector.waitForSync(stopping);
    log.info({ policies: book.policies().length }, 'policies read');
    const workers = Array.from({ length: options.concurrent }, () => controller.work());
    await aborted(stopping);
    log.info('stopping: what is in flight is ended first');
    await queue.shutDownWithDrain();
    await Promise.all(workers);
  } catch (error) {
    if (!stopping.aborted) {
      throw error;
    }
  } finally {
    await reflector.stop();
    await events.flush(AbortSignal.timeout(FLUSH_TIME));
    log.info('stopped');
  }
}

/** So many WorkSpaces are changed at once that a call waits for seconds, and what it rests on stays fresh. */
function workspacesAtOnce(requestsPerSecond: number): number {
  return Math.max(1, Math.min(8, Math.floor(requestsPerSecond * 2)));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
