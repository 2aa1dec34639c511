import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { messageOf } from '../kube/apiError.ts';
import type { WorkQueue } from '../kube/queue.ts';
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
  readonly run: (key: string, log: Logger) => Promise<number | undefined>;
}

/** Processes keys from the queue until it is shut down. Several workers can run concurrently. */
export async function runWorker({
  queue,
  clock,
  random,
  log,
  observer,
  outages,
  logFields,
  run,
}: WorkerOptions): Promise<void> {
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    const runLog = log.child({ ...logFields(key), runID: newRunID(random) });
    const startedAt = clock.monotonic();
    let result: RunResult = 'success';
    observer?.onStart();
    try {
      const requeueAfter = await run(key, runLog);
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
      queue.addRateLimited(key);
    } finally {
      const durationMs = clock.monotonic() - startedAt;
      observer?.onEnd(result, durationMs);
      runLog.debug({ result, durationMs: Math.round(durationMs) }, 'run ended');
      queue.done(key);
    }
  }
}

/** Returns 48 random bits in hexadecimal. */
function newRunID(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
