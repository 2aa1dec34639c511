import type { Clock } from '../../clock.ts';
import type { QueueState } from '../../kube/queue.ts';
import { formatDuration } from '../../policy/duration.ts';
import { sanitize } from '../../sanitize.ts';
import type { Check } from './health.ts';

/** Queue and its workers. */
export interface WorkedQueue {
  readonly name: string;
  readonly state: () => QueueState;
  /** Returns the number of workers, or 0 before they start. Infinite if the slots of the queue limit the runs. */
  readonly workers: () => number;
  /**
   * Returns the time of the last progress that the run of a key may depend on (monotonic), or negative infinity if
   * there was none.
   */
  readonly progressOf: (key: string) => number;
}

/**
 * Maximum time of a run without progress. Each operation that a run waits for ends or fails much earlier: a call to AWS within 5 minutes,
 * including three timeouts of credentials, the next token of the slowest rate limiter within 3 minutes, and a request to the API server
 * within 30 seconds.
 */
const MAX_STALL_MS = 30 * 60_000;
/** Maximum time that a due key waits while workers are idle. */
const MAX_OVERDUE_MS = 2 * 60_000;

/**
 * Returns a check that fails if due work makes no progress, which only a restart fixes: a stalled run, lost workers, or
 * delayed keys that never become due. Slow and failing work passes. A run over a large fleet takes hours, and during an
 * outage of AWS or the API server, attempts still end and follow each other.
 */
export function workCheck(queue: WorkedQueue, clock: Clock): Check {
  return { name: `${queue.name}-workers`, problem: () => problemOf(queue, clock.monotonic()) };
}

function problemOf({ state, workers, progressOf }: WorkedQueue, now: number): string | undefined {
  const { processing, slots, waitingSince = now, nextDue = now } = state();
  if (workers() === 0) {
    return undefined;
  }
  for (const [key, since] of processing) {
    // A run that gets a slot back has ended a wait.
    const stalledMs = now - Math.max(since, slots.get(key) ?? since, progressOf(key));
    if (stalledMs > MAX_STALL_MS) {
      return `the run of ${sanitize(key || 'the ambient fleet')} has made no progress for ${formatDuration(stalledMs)}`;
    }
  }
  if (processing.size < workers() && now - waitingSince > MAX_OVERDUE_MS) {
    const busy = Number.isFinite(workers()) ? `only ${processing.size} of ${workers()} workers process keys, and ` : '';
    return `${busy}keys have waited for ${formatDuration(now - waitingSince)}`;
  }
  if (now - nextDue > MAX_OVERDUE_MS) {
    return `keys that were due ${formatDuration(now - nextDue)} ago are not queued`;
  }
  return undefined;
}
