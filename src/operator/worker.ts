import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { messageOf } from '../kube/apiError.ts';
import type { WorkQueue } from '../kube/queue.ts';
import { canSucceedLater, requestRetryDelay } from '../kube/retry.ts';
import { sanitize } from '../sanitize.ts';
import type { OutageLog } from './apiServerOutage.ts';

/** Result of a run, in the terms of controller-runtime. `requeue_after` means success with a next run. */
export type RunResult = 'success' | 'requeue_after' | 'error';

/** Observer of runs. */
export interface RunObserver {
  onStart(): void;
  /** Called when a run ends, with its duration in milliseconds. */
  onEnd(result: RunResult, durationMs: number): void;
}

/** Gives the slot of a run to other keys until a promise settles. Resolves or rejects like the promise. */
export type ReleaseWhile = <T>(wait: Promise<T>) => Promise<T>;

export interface WorkerOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  /** Returns a number from 0 to 1, for run IDs. */
  readonly random: () => number;
  readonly log: Logger;
  readonly observer?: RunObserver | undefined;
  /** Log of outages of the API server, which suppresses repeated errors. */
  readonly outages?: Pick<OutageLog, 'suppresses'> | undefined;
  /** Returns the log fields of a key, for example, its policy. */
  readonly logFields: (key: string) => Readonly<Record<string, string | undefined>>;
  /** Processes a key. Returns the milliseconds until the next run, or undefined if there is none. */
  readonly run: (key: string, log: Logger, releaseWhile: ReleaseWhile) => Promise<number | undefined>;
}

/** Processes keys from the queue, one at a time, until it is shut down. Several workers can run concurrently. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { queue } = options;
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    await processKey(key, options);
  }
}

/** Processes keys from the queue as fast as the queue hands them out, until it is shut down. Its slots limit the number of runs. */
export async function runWorkers(options: WorkerOptions): Promise<void> {
  const { queue } = options;
  const runs = new Set<Promise<void>>();
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    const run = processKey(key, options).finally(() => runs.delete(run));
    runs.add(run);
  }
  await Promise.all(runs);
}

async function processKey(key: string, options: WorkerOptions): Promise<void> {
  const { queue, clock, random, log, observer, outages, logFields, run } = options;
  const runLog = log.child({ ...logFields(key), runID: newRunID(random) });
  const startedAt = clock.monotonic();
  let result: RunResult = 'success';
  observer?.onStart();
  try {
    const requeueAfter = await run(key, runLog, (wait) => queue.releaseWhile(key, wait));
    queue.forget(key);
    if (requeueAfter !== undefined) {
      result = 'requeue_after';
      queue.addAfter(key, requeueAfter);
    }
  } catch (error) {
    result = 'error';
    const level = outages?.suppresses(error) ? 'debug' : 'error';
    runLog[level]({ error: sanitize(messageOf(error), 1024) }, 'the run failed; retrying with backoff');
    runLog.debug({ err: error }, 'details of the failed run');
    const retryDelay = (failures: number) => requestRetryDelay(error, failures, random, canSucceedLater);
    queue.addRateLimited(key, retryDelay(0) === undefined ? undefined : (failures) => retryDelay(failures) ?? 0);
  } finally {
    const durationMs = clock.monotonic() - startedAt;
    observer?.onEnd(result, durationMs);
    runLog.debug({ result, durationMs: Math.round(durationMs) }, 'run ended');
    queue.done(key);
  }
}

/** Returns 48 random bits in hexadecimal. */
function newRunID(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
