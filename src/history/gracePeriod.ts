import { associationKey } from '../fleet/associationID.ts';
import { type Change, type Finding, isPending, isStarted, type Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { filterSliced, isYieldDue, type Sliced } from '../slices.ts';

/** A change that the status shows. */
interface FirstSeenChange {
  /** Time since when the status has shown the change, on the monotonic clock, which nobody can set. */
  readonly since: number;
  /** Whether the status shows the change as started. */
  readonly isUnderWay: boolean;
}

/** Changes that the status shows, by policy UID, generation, association, and desired state. */
export type FirstSeen = ReadonlyMap<string, FirstSeenChange>;

/** Returns the plan with only the changes that the status has shown since `since` or longer. */
export function* changesPastGracePeriod(plan: Plan, policy: Policy, firstSeen: FirstSeen, since: number): Sliced<Plan> {
  const isPastGracePeriod = ({ finding }: Change) =>
    (stillSeen(finding, policy, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= since;
  return { ...plan, changes: yield* filterSliced(plan.changes, isPastGracePeriod) };
}

/** Returns the changes of a plan that the status shows from `now` on, or has shown before. */
export function* recordFirstSeen(
  { findings }: Plan,
  policy: Policy,
  before: FirstSeen,
  now: number,
): Sliced<FirstSeen> {
  const seen = new Map<string, FirstSeenChange>();
  for (const [index, finding] of findings.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    if (isPending(finding)) {
      const isUnderWay = isStarted(finding);
      const known = stillSeen(finding, policy, before);
      const isTheSame = known?.isUnderWay === isUnderWay;
      seen.set(keyOf(finding, policy), isTheSame ? known : { since: known?.since ?? now, isUnderWay });
    }
  }
  return seen;
}

/** Returns when a status showed its changes: the changes that a run saw first, when the status of the run was written. */
export function withFirstSeenAt(firstSeen: FirstSeen, runStartedAt: number, writtenAt: number): FirstSeen {
  return new Map(
    [...firstSeen].map(([key, seen]) => [key, seen.since < runStartedAt ? seen : { ...seen, since: writtenAt }]),
  );
}

/**
 * Returns when the status first showed a change. A change that had started and must start again has come back, which the status has not
 * shown yet.
 */
function stillSeen(finding: Finding, policy: Policy, firstSeen: FirstSeen): FirstSeenChange | undefined {
  const known = firstSeen.get(keyOf(finding, policy));
  return known?.isUnderWay === true && !isStarted(finding) ? undefined : known;
}

/** Returns the milliseconds until the first grace period ends, or Infinity if none is in progress. */
export function* gracePeriodEnds(
  { changes }: Plan,
  policy: Policy,
  firstSeen: FirstSeen,
  gracePeriodMs: number,
  now: number,
): Sliced<number> {
  let remaining = Number.POSITIVE_INFINITY;
  for (const [index, { finding }] of changes.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    const end = (firstSeen.get(keyOf(finding, policy))?.since ?? now) + gracePeriodMs;
    remaining = end > now ? Math.min(remaining, end - now) : remaining;
  }
  return remaining;
}

/** An edit of the policy, or another desired state, is another change: the status has not shown it yet. */
function keyOf({ association, desired }: Finding, { uid, generation }: Policy): string {
  return [uid, generation, associationKey(association), desired].join(' ');
}
