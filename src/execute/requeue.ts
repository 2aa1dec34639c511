import { nextRefresh, type WatchedHolds } from '../history/holdWatch.ts';
import { retryClass, retryDelay } from '../history/retry.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { Outcome } from './outcome.ts';

/** The share of an interval that is added at random, at the most. */
const JITTER = 0.1;
/** A run that only goes on with what it has begun, in milliseconds. */
const AT_ONCE = 100;
/** The soonest that something is looked at again, in milliseconds. */
const SOON = 5_000;
/** When what could be done wasn't, though nothing failed, in milliseconds. */
const NO_PROGRESS = 30_000;

/** What the time of the next run depends on. */
export interface RequeueInputs {
  readonly policy: Policy;
  /** What the run rested on. */
  readonly snapshot: Snapshot;
  /** What is left to be done. */
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly watchedHolds: WatchedHolds;
  /** How long reading took, in milliseconds: so long there is a pause at least. */
  readonly readingTook: number;
  /** Milliseconds until something that is shown for the first time may be done; Infinity if nothing waits for that. */
  readonly gracePeriodEnds: number;
  readonly now: Date;
  /** From 0 to 1. */
  readonly random: number;
}

/** Milliseconds until a policy is due again: when what it knows is as old as its interval, or something is to be looked at before. */
export function requeueAfter(inputs: RequeueInputs): number {
  const { policy, snapshot, plan, outcome, watchedHolds } = inputs;
  const now = inputs.now.getTime();
  const relist = snapshot.askedAt + policy.interval * (1 + JITTER * inputs.random) - now;
  const due = [
    Math.max(relist, Math.min(policy.interval, inputs.readingTook), AT_ONCE),
    Math.max(SOON, (snapshot.refreshDueAt ?? Number.POSITIVE_INFINITY) - now),
    Math.max(SOON, nextRefresh(watchedHolds, policy.interval) - now),
    Math.max(AT_ONCE, inputs.gracePeriodEnds),
  ];
  for (const { until } of plan.held) {
    if (until !== undefined) {
      due.push(Math.max(AT_ONCE, until.getTime() - now));
    }
  }
  for (const { until } of plan.findings) {
    if (until !== undefined) {
      // By a clock that somebody has set, it may be over without having ended.
      due.push(Math.max(SOON, until.getTime() - now));
    }
  }
  if (outcome.interrupted || (plan.changes.length > 0 && inputs.gracePeriodEnds === Number.POSITIVE_INFINITY)) {
    due.push(progressDelay(outcome, policy));
  }
  return smallest(due);
}

/** Milliseconds until failed reads are tried again. `random` is from 0 to 1. */
export function retryReads(policy: Policy, failuresInARow: number, terminal: boolean, random: number): number {
  return retryDelay(terminal ? 'MuchLater' : 'Soon', failuresInARow, policy) * (1 + JITTER * random);
}

/** What is left to do goes on at once if the run got on with it; what failed would fail again. */
function progressDelay({ made, failures, interrupted }: Outcome, policy: Policy): number {
  const waits = failures.map(({ error }) => {
    const retry = retryClass(error.kind);
    return retry === 'Never' ? AT_ONCE : retryDelay(retry, 1, policy);
  });
  if (waits.length > 0) {
    return waits.reduce((a, b) => Math.max(a, b));
  }
  // What interrupted it is told of otherwise, but for a process that has lost touch and may not act for as long as that lasts.
  return made.length > 0 ? AT_ONCE : interrupted ? SOON : NO_PROGRESS;
}

/** There may be more than a function takes in arguments. */
function smallest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
