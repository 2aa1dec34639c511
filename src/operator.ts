import { FLEET_WORKERS } from './operator/controllers.ts';
import { createOperator } from './operator/createOperator.ts';
import { type Dependencies, defaultDependencies } from './operator/dependencies.ts';
import { serveEndpoints } from './operator/endpoints.ts';
import { livenessChecks, readinessChecks } from './operator/introspection.ts';
import type { OperatorOptions } from './operator/options.ts';

/** How long the last Events may take to be written when the process stops, in milliseconds. */
const FLUSH_TIME = 3_000;

/**
 * Runs the operator until the signal is aborted, then ends what is in flight. Unless other surroundings are given, the cluster is the
 * kubeconfig's or the pod's own, and AWS is what the SDK's default chain finds.
 */
export async function runOperator(
  options: OperatorOptions,
  stopping: AbortSignal,
  given?: Dependencies,
): Promise<void> {
  const dependencies = given ?? (await defaultDependencies());
  const { namespace, log, version } = options;
  const { clock, identity, server } = dependencies;
  const operator = createOperator(options, stopping, dependencies);
  const { metrics, queues, informers, ownership, parts } = operator;
  await using _endpoints = await serveEndpoints({
    ...options,
    registry: metrics.registry,
    readiness: readinessChecks(parts, stopping),
    liveness: livenessChecks(parts, stopping, clock),
  });

  for (const informer of informers.first) {
    informer.start();
  }
  log.info({ version, identity, namespace: namespace ?? 'all', cluster: server }, 'operator started');
  const leaving = new AbortController();
  try {
    await Promise.all(informers.first.map((one) => one.waitForSync(stopping)));
    informers.policies.start();
    await informers.policies.waitForSync(stopping);
    const { store, fleetStore } = parts;
    log.info({ policies: store.keys().length, fleets: fleetStore.names().length }, 'policies and fleets read');
    const workers = [
      ...Array.from({ length: options.concurrent }, () => operator.policyController.runWorker()),
      ...Array.from({ length: FLEET_WORKERS }, () => operator.fleetController.runWorker()),
      operator.reports.work(),
    ];
    const sharing = ownership.run(leaving.signal);
    await Promise.race([aborted(stopping), sharing]);
    log.info('stopping: what is in flight is ended first');
    await Promise.all(queues.map((queue) => queue.shutDownWithDrain()));
    await Promise.all(workers);
    leaving.abort();
    await sharing;
    await ownership.stop();
  } catch (error) {
    if (!stopping.aborted) {
      throw error;
    }
  } finally {
    leaving.abort();
    await Promise.all([...informers.first, informers.policies].map((one) => one.stop()));
    await operator.events.flush(AbortSignal.timeout(FLUSH_TIME));
    log.info('stopped');
  }
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
