import { FLEET_WORKERS } from './operator/controllers.ts';
import { createOperator } from './operator/createOperator.ts';
import { type Dependencies, defaultDependencies } from './operator/dependencies.ts';
import { serveEndpoints } from './operator/endpoints.ts';
import { livenessChecks, readinessChecks } from './operator/introspection.ts';
import { NOTIFICATION_WORKERS } from './operator/notifications/createNotifications.ts';
import type { OperatorOptions } from './operator/options.ts';

/** Maximum time to write the last Events when the process stops. */
const EVENT_FLUSH_TIMEOUT_MS = 3_000;

/**
 * Runs the operator until the signal is aborted, then waits for runs in progress.
 *
 * @param overrides dependencies. Defaults to the cluster of the kubeconfig or the pod, and to the AWS identity of the SDK's default chain
 */
export async function runOperator(
  options: OperatorOptions,
  stopping: AbortSignal,
  overrides?: Dependencies,
): Promise<void> {
  const dependencies = overrides ?? (await defaultDependencies());
  const { namespace, log, version } = options;
  const { clock, identity, server } = dependencies;
  const operator = createOperator(options, stopping, dependencies);
  const { metrics, audit, queues, informers, schemas, ownership, clusterLease, notifications, parts } = operator;
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
  const releasing = new AbortController();
  // Reports a log that can't be written at the start. Changes check it again.
  await audit.prepare().catch(() => {});
  try {
    await Promise.all(informers.first.map((informer) => informer.waitForSync(stopping)));
    informers.policies.start();
    await informers.policies.waitForSync(stopping);
    // Otherwise, resources with the defaults of a newer CRD would count as unusable for a moment.
    await schemas.settled();
    const { store, fleetStore } = parts;
    log.info({ policies: store.keys().length, fleets: fleetStore.names().length }, 'informers synced');
    // The CRD of providers may be missing, so nothing waits for them.
    notifications?.providers.start();
    const workers = [
      operator.policyController.runWorkers(),
      ...Array.from({ length: FLEET_WORKERS }, () => operator.fleetController.runWorker()),
      operator.reports.work(),
    ];
    const notifying =
      notifications === undefined
        ? []
        : Array.from({ length: NOTIFICATION_WORKERS }, () => notifications.controller.runWorker());
    const owning = ownership.run(releasing.signal);
    const claiming = Promise.all([clusterLease.run(releasing.signal), notifications?.lease.run(releasing.signal)]);
    await Promise.race([aborted(stopping), owning, claiming]);
    log.info('stopping: waiting for runs in progress');
    // A slow receiver must not delay the replica that takes over the fleets.
    const notified = notifications?.drain(notifying);
    await Promise.all(queues.map((queue) => queue.shutDownWithDrain()));
    await Promise.all(workers);
    await audit.stop();
    await operator.fleetController.writeLastStatuses();
    releasing.abort();
    await owning;
    await ownership.stop();
    await Promise.all([notified, claiming]);
    await notifications?.lease.stop();
    await clusterLease.stop();
  } catch (error) {
    if (!stopping.aborted) {
      throw error;
    }
  } finally {
    releasing.abort();
    await Promise.all(
      [...informers.first, informers.policies, notifications?.providers].map((informer) => informer?.stop()),
    );
    await operator.events.flush(AbortSignal.timeout(EVENT_FLUSH_TIMEOUT_MS));
    log.info('operator stopped');
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
