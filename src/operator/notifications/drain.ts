import type { Clock } from '../../clock.ts';
import type { WorkQueue } from '../../kube/queue.ts';

/** Maximum time of the requests in progress when the process stops, in milliseconds. */
const REQUESTS_MS = 5_000;
/** Maximum time in which the results of aborted requests are recorded, in milliseconds. */
const RECORDING_MS = 5_000;

/**
 * Shuts down the queue of notifications, and waits a bounded time for its runs. Aborts requests that take longer, whose results are then
 * recorded. A result that isn't recorded in time counts as lost, as after a crash.
 */
export async function drainNotifications(
  queue: Pick<WorkQueue, 'shutDownWithDrain'>,
  workers: readonly Promise<void>[],
  requests: Pick<AbortController, 'abort'>,
  clock: Pick<Clock, 'sleep'>,
): Promise<void> {
  const drained = new AbortController();
  const limit = async () => {
    await clock.sleep(REQUESTS_MS, drained.signal);
    requests.abort();
    await clock.sleep(RECORDING_MS, drained.signal);
  };
  await Promise.race([Promise.all([queue.shutDownWithDrain(), ...workers]), limit().catch(() => {})]);
  drained.abort();
}
