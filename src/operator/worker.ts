import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { messageOf } from '../kube/apiError.ts';
import type { WorkQueue } from '../kube/queue.ts';
import { sanitize } from '../sanitize.ts';
import type { OutageLog } from './apiServerOutage.ts';

/** How a run ended, in controller-runtime's words; `requeue_after`: well, and it is due again. */
export type RunResult = 'success' | 'requeue_after' | 'error';

/** Told of each run. */
export interface RunObserver {
  started(): void;
  /** `took` is in milliseconds. */
  ended(result: RunResult, took: number): void;
}

export interface WorkerOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  /** From 0 to 1, for the ids of runs. */
  readonly random: () => number;
  readonly log: Logger;
  readonly observer?: RunObserver | undefined;
  /** What the log tells of the API server, which a run that fails with it needn't repeat. */
  readonly outages?: Pick<OutageLog, 'suppresses'> | undefined;
  /** What each line of a run says of the key, as its policy. */
  readonly about: (key: string) => Readonly<Record<string, string | undefined>>;
  /** Returns the milliseconds until the key is due again; undefined if it isn't. */
  readonly run: (key: string, log: Logger) => Promise<number | undefined>;
}

/** Takes keys from the queue and runs them until the queue is shut down. Several may work at once. */
export async function runWorker({
  queue,
  clock,
  random,
  log,
  observer,
  outages,
  about,
  run,
}: WorkerOptions): Promise<void> {
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    const ownLog = log.child({ ...about(key), runID: newRunID(random) });
    const startedAt = clock.monotonic();
    let result: RunResult = 'success';
    observer?.started();
    try {
      const again = await run(key, ownLog);
      queue.forget(key);
      if (again !== undefined) {
        result = 'requeue_after';
        queue.addAfter(key, again);
      }
    } catch (error) {
      result = 'error';
      const level = outages?.suppresses(error) ? 'debug' : 'error';
      ownLog[level]({ error: sanitize(messageOf(error), 1024) }, 'the run failed; it will be tried again');
      ownLog.debug({ err: error }, 'details of the failed run');
      queue.addRateLimited(key);
    } finally {
      const took = clock.monotonic() - startedAt;
      observer?.ended(result, took);
      ownLog.debug({ result, durationMs: Math.round(took) }, 'run ended');
      queue.done(key);
    }
  }
}

/** 48 random bits, in hexadecimal. */
function newRunID(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
