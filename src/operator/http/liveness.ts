import type { Clock } from '../../clock.ts';
import type { QueueState } from '../../kube/queue.ts';
import { formatDuration } from '../../policy/duration.ts';
import { sanitize } from '../../sanitize.ts';
import type { Check } from './health.ts';

/** A queue, and who works through it. */
export interface WorkedQueue {
  readonly name: string;
  readonly state: () => QueueState;
  /** How many work; 0 before they begin. */
  readonly workers: () => number;
  /** When that which a key's run may be waiting for last went on, on the clock's monotonic time; -Infinity if it never did. */
  readonly progressOf: (key: string) => number;
}

/**
 * For so long a run may stand still, in milliseconds. Each single thing that it waits for ends far sooner, be it badly: a call to AWS
 * within 5 minutes, credentials that time out thrice included; the next token of the slowest bucket within 3 minutes; a request to the
 * API server within half a minute.
 */
const STANDSTILL = 30 * 60_000;
/** For so long a key that is due may wait for a worker that is free, in milliseconds. */
const OVERDUE = 2 * 60_000;

/**
 * Fails when work is due and stands still, which only a restart mends: a run that waits for nothing that goes on, workers that are lost,
 * delayed keys that never become due. It doesn't fail for what takes long, or fails: a run over a very large fleet takes hours, and while
 * AWS or the API server can't be reached, each attempt ends and the next one follows.
 */
export function workCheck(queue: WorkedQueue, clock: Clock): Check {
  return { name: `${queue.name}-workers`, problem: () => problemOf(queue, clock.monotonic()) };
}

function problemOf({ state, workers, progressOf }: WorkedQueue, now: number): string | undefined {
  const { processing, waitingSince = now, nextDue = now } = state();
  if (workers() === 0) {
    return undefined;
  }
  for (const [key, since] of processing) {
    const still = now - Math.max(since, progressOf(key));
    if (still > STANDSTILL) {
      return `the run of ${sanitize(key || 'the ambient fleet')} stands still since ${formatDuration(still)} ago`;
    }
  }
  if (processing.size < workers() && now - waitingSince > OVERDUE) {
    return `only ${processing.size} of ${workers()} workers take keys, and some wait since ${formatDuration(now - waitingSince)} ago`;
  }
  if (now - nextDue > OVERDUE) {
    return `keys that were due ${formatDuration(now - nextDue)} ago are not queued`;
  }
  return undefined;
}
