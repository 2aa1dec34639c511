import { assemble, FLEETS_AT_ONCE, type OperatorOptions } from './operator/assemble.ts';
import { serveEndpoints } from './operator/endpoints.ts';
import { realSurroundings, type Surroundings } from './operator/surroundings.ts';
import { livenessChecks, readinessChecks } from './operator/views.ts';

/** How long the last Events may take to be written when the process stops, in milliseconds. */
const FLUSH_TIME = 3_000;

/**
 * Runs the operator until the signal is aborted, then ends what is in flight. Unless other surroundings are given, the cluster is the
 * kubeconfig's or the pod's own, and AWS is what the SDK's default chain finds.
 */
export async function runOperator(
  options: OperatorOptions,
  stopping: AbortSignal,
  given?: Surroundings,
): Promise<void> {
  const surroundings = given ?? (await realSurroundings());
  const { namespace, log, version } = options;
  const { clock, identity, server } = surroundings;
  const operator = assemble(options, stopping, surroundings);
  const { metrics, queues, reflectors, ownership, parts } = operator;
  await using _endpoints = await serveEndpoints({
    ...options,
    registry: metrics.registry,
    readiness: readinessChecks(parts, stopping),
    liveness: livenessChecks(parts, stopping, clock),
  });

  for (const reflector of reflectors.first) {
    reflector.start();
  }
  log.info({ version, identity, namespace: namespace ?? 'all', cluster: server }, 'operator started');
  const leaving = new AbortController();
  try {
    await Promise.all(reflectors.first.map((one) => one.waitForSync(stopping)));
    reflectors.policies.start();
    await reflectors.policies.waitForSync(stopping);
    const { book, fleetBook } = parts;
    log.info({ policies: book.keys().length, fleets: fleetBook.names().length }, 'policies and fleets read');
    const workers = [
      ...Array.from({ length: options.concurrent }, () => operator.controller.work()),
      ...Array.from({ length: FLEETS_AT_ONCE }, () => operator.fleetController.work()),
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
    await Promise.all([...reflectors.first, reflectors.policies].map((one) => one.stop()));
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
