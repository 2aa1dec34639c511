import { minimum } from '../compare.ts';
import { nextRefresh, type WatchedHolds, watchPace } from '../history/holdWatch.ts';
import { retryClass, retryDelay } from '../history/retry.ts';
import type { PollPace } from '../inventory/polling.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { Outcome } from './outcome.ts';

/** Maximum random part of an interval to add. */
const MAX_JITTER = 0.1;
/** Delay before a run that continues changes in progress. */
const CONTINUE_DELAY_MS = 100;
/** Minimum delay before a run that reads from AWS again. */
const MIN_REQUEUE_MS = 5_000;
/** Delay after a run that had changes to make, but made none although no call failed. */
const NO_PROGRESS_DELAY_MS = 30_000;

/** Inputs for the time of the next run. */
export interface RequeueInputs {
  readonly policy: Policy;
  /** Snapshot that the run used. */
  readonly snapshot: Snapshot;
  /** Remaining plan after the run. */
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly watchedHolds: WatchedHolds;
  /** Pace of reads that follow changes and holds. */
  readonly pace: PollPace;
  /** Duration of the reads, in milliseconds. The next reads start after at least the same time. */
  readonly readDurationMs: number;
  /** Whether the run used older listings, which are renewed meanwhile. Defaults to false. */
  readonly followsEvents?: boolean | undefined;
  /** Milliseconds until the next grace period ends, or Infinity if none is in progress. */
  readonly gracePeriodEnds: number;
  readonly now: Date;
  /** Random number from 0 to 1. */
  readonly random: number;
}

/** Returns the milliseconds until the next run: when the snapshot is as old as the interval, or earlier if something is due before. */
export function requeueAfter(inputs: RequeueInputs): number {
  const { policy, snapshot, plan, outcome, watchedHolds, pace } = inputs;
  const now = inputs.now.getTime();
  const { renewAt, effectiveInterval, runInterval = effectiveInterval } = snapshot;
  const relist = renewAt + runInterval * MAX_JITTER * inputs.random - now;
  const minimumRelist = inputs.followsEvents ? MIN_REQUEUE_MS : CONTINUE_DELAY_MS;
  const delays = [
    Math.max(relist, Math.min(policy.interval, inputs.readDurationMs), minimumRelist),
    Math.max(pace.minimum, (snapshot.refreshDueAt ?? Number.POSITIVE_INFINITY) - now),
    Math.max(pace.minimum, nextRefresh(watchedHolds, watchPace(policy, pace)) - now),
    Math.max(CONTINUE_DELAY_MS, inputs.gracePeriodEnds),
  ];
  for (const { until } of plan.held) {
    if (until !== undefined) {
      delays.push(Math.max(CONTINUE_DELAY_MS, until.getTime() - now));
    }
  }
  for (const { until } of plan.findings) {
    if (until !== undefined) {
      // If the wall clock was set, this time may be in the past although the verdict has not ended.
      delays.push(Math.max(MIN_REQUEUE_MS, until.getTime() - now));
    }
  }
  if (outcome.interrupted || (plan.changes.length > 0 && inputs.gracePeriodEnds === Number.POSITIVE_INFINITY)) {
    delays.push(progressDelay(outcome, policy));
  }
  return minimum(delays);
}

/**
 * Returns the milliseconds until failed reads are retried.
 *
 * @param terminal whether the error requires manual action
 * @param random number from 0 to 1
 */
export function retryReads(policy: Policy, consecutiveFailures: number, terminal: boolean, random: number): number {
  return retryDelay(terminal ? 'MuchLater' : 'Soon', consecutiveFailures, policy) * (1 + MAX_JITTER * random);
}

/** Returns the delay before the remaining changes: short if the run made progress, and with backoff if calls failed. */
function progressDelay({ made, failures, interrupted }: Outcome, policy: Policy): number {
  const retryDelays = failures.map(({ error }) => {
    const retry = retryClass(error.kind);
    return retry === 'Rejected' ? CONTINUE_DELAY_MS : retryDelay(retry, 1, policy);
  });
  if (retryDelays.length > 0) {
    return retryDelays.reduce((a, b) => Math.max(a, b));
  }
  // The change of a policy queues a run anyway. After the loss of the API server, the operator must poll until it may act again.
  return made.length > 0 ? CONTINUE_DELAY_MS : interrupted ? MIN_REQUEUE_MS : NO_PROGRESS_DELAY_MS;
}
