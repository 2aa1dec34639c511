import type { Snapshot } from '../fleet/snapshot.ts';
import { readAgainAfter } from '../fleet/states.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { Outcome } from './outcome.ts';
import { backoff, retryClass } from './retry.ts';

/** The share of an interval that is added at random, at the most. */
const JITTER = 0.1;
/** A run that a person or the next slice waits for, in milliseconds. */
const AT_ONCE = 100;
/** How soon what another policy's run may have cleared is looked at again, in milliseconds. */
const OTHERS_TURN = 30_000;

/**
 * Milliseconds until a policy is due again after a run that rested on `snapshot` and left `plan` to be done: when the snapshot has
 * become as old as the policy's interval, unless something wants to be looked at before. `random` is from 0 to 1.
 */
export function runAgainAfter(
  policy: Policy,
  snapshot: Snapshot,
  plan: Plan,
  outcome: Outcome,
  now: Date,
  random: number,
): number {
  const due = [snapshot.askedAt + policy.interval * (1 + JITTER * random) - now.getTime()];
  if (outcome.interrupted) {
    due.push(AT_ONCE);
  }
  for (const { removal, association } of plan.findings) {
    if (removal?.next === 'Wait') {
      due.push(readAgainAfter(association, now, policy.interval));
    }
  }
  for (const { reason, until } of plan.held) {
    if (until !== undefined) {
      due.push(until.getTime() - now.getTime());
    } else if (reason === 'OthersPendingChanges') {
      due.push(OTHERS_TURN);
    }
  }
  if (plan.changes.length > 0) {
    due.push(afterFailures(outcome));
  }
  return Math.max(AT_ONCE, Math.min(...due));
}

/** Milliseconds until failed reads are tried again. */
export function retryReads(failuresInARow: number, needsPerson: boolean): number {
  return backoff(needsPerson ? 'MuchLater' : 'Soon', failuresInARow);
}

/** What is left to do goes on at once, unless something failed that it would run into as well. */
function afterFailures({ failures }: Outcome): number {
  const waits = failures.map(({ kind }) => {
    const retry = retryClass(kind);
    return retry === 'Never' ? AT_ONCE : backoff(retry, 1);
  });
  return Math.max(AT_ONCE, ...waits);
}
