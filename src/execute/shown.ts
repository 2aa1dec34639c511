import { pairKey } from '../fleet/pair.ts';
import { type Change, type Finding, hasBegun, isUnfinished, type Plan } from '../plan/plan.ts';

/** Since when the status has shown what is to become of an association, on the clock's monotonic time: nobody sets that. */
interface ShownChange {
  readonly since: number;
  /** Whether it shows it as begun. */
  readonly isUnderWay: boolean;
}

/** What the status shows, by association. */
export type Shown = ReadonlyMap<string, ShownChange>;

/** A plan with only those changes that were shown at `since` already: nobody could have seen the others coming. */
export function shownChanges(plan: Plan, shown: Shown, since: number): Plan {
  const isShown = ({ finding }: Change) => (stillShown(finding, shown)?.since ?? Number.POSITIVE_INFINITY) <= since;
  return { ...plan, changes: plan.changes.filter(isShown) };
}

/** What a plan shows, from now on or since before. */
export function showChanges({ findings }: Plan, before: Shown, now: number): Shown {
  return new Map(
    findings.filter(isUnfinished).map((finding) => {
      const isUnderWay = hasBegun(finding);
      const known = stillShown(finding, before);
      const isTheSame = known?.isUnderWay === isUnderWay;
      return [pairKey(finding.association), isTheSame ? known : { since: known?.since ?? now, isUnderWay }];
    }),
  );
}

/** What was shown of a change that is called for now. What had begun and is to begin once more has come back, which nothing has shown. */
function stillShown(finding: Finding, shown: Shown): ShownChange | undefined {
  const known = shown.get(pairKey(finding.association));
  return known?.isUnderWay === true && !hasBegun(finding) ? undefined : known;
}

/** Milliseconds until the first change that wasn't shown for long enough may be made; Infinity if there is none. */
export function doneAfter({ changes }: Plan, shown: Shown, showFor: number, now: number): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { finding } of changes) {
    const from = (shown.get(pairKey(finding.association))?.since ?? now) + showFor;
    first = from > now ? Math.min(first, from - now) : first;
  }
  return first;
}
