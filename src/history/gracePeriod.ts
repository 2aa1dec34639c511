import { associationKey } from '../fleet/associationID.ts';
import { type Change, type Finding, isPending, isStarted, type Plan } from '../plan/plan.ts';

/** Since when the status has shown what is to become of an association, on the clock's monotonic time: nobody sets that. */
interface FirstSeenChange {
  readonly since: number;
  /** Whether it shows it as begun. */
  readonly isUnderWay: boolean;
}

/** What the status shows, by association. */
export type FirstSeen = ReadonlyMap<string, FirstSeenChange>;

/** A plan with only those changes that were shown at `since` already: nobody could have seen the others coming. */
export function changesPastGracePeriod(plan: Plan, firstSeen: FirstSeen, since: number): Plan {
  const isPastGracePeriod = ({ finding }: Change) =>
    (stillSeen(finding, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= since;
  return { ...plan, changes: plan.changes.filter(isPastGracePeriod) };
}

/** What a plan shows, from now on or since before. */
export function recordFirstSeen({ findings }: Plan, before: FirstSeen, now: number): FirstSeen {
  return new Map(
    findings.filter(isPending).map((finding) => {
      const isUnderWay = isStarted(finding);
      const known = stillSeen(finding, before);
      const isTheSame = known?.isUnderWay === isUnderWay;
      return [associationKey(finding.association), isTheSame ? known : { since: known?.since ?? now, isUnderWay }];
    }),
  );
}

/** What was shown of a change that is called for now. What had begun and is to begin once more has come back, which nothing has shown. */
function stillSeen(finding: Finding, firstSeen: FirstSeen): FirstSeenChange | undefined {
  const known = firstSeen.get(associationKey(finding.association));
  return known?.isUnderWay === true && !isStarted(finding) ? undefined : known;
}

/** Milliseconds until the first change that wasn't shown for long enough may be made; Infinity if there is none. */
export function gracePeriodEnds({ changes }: Plan, firstSeen: FirstSeen, gracePeriodMs: number, now: number): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { finding } of changes) {
    const from = (firstSeen.get(associationKey(finding.association))?.since ?? now) + gracePeriodMs;
    first = from > now ? Math.min(first, from - now) : first;
  }
  return first;
}
