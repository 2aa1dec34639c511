import { pairKey } from '../fleet/pair.ts';
import { isUnfinished, type Plan } from '../plan/plan.ts';

/** Since when the status has shown that an association is to go or to come, by association, on the clock's monotonic time: nobody sets that. */
export type Shown = ReadonlyMap<string, number>;

/** A plan with only those changes that were shown at `since` already: nobody could have seen the others coming. */
export function shownChanges(plan: Plan, shown: Shown, since: number): Plan {
  const isShown = (at = Number.POSITIVE_INFINITY) => at <= since;
  return { ...plan, changes: plan.changes.filter(({ finding }) => isShown(shown.get(pairKey(finding.association)))) };
}

/** What a plan shows, from now on or since before. */
export function showChanges({ findings }: Plan, before: Shown, now: number): Shown {
  return new Map(
    findings.filter(isUnfinished).map(({ association }) => {
      const key = pairKey(association);
      return [key, before.get(key) ?? now];
    }),
  );
}

/** Milliseconds until the first change that wasn't shown for long enough may be made; Infinity if there is none. */
export function doneAfter({ changes }: Plan, shown: Shown, showFor: number, now: number): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { finding } of changes) {
    const from = (shown.get(pairKey(finding.association)) ?? now) + showFor;
    first = from > now ? Math.min(first, from - now) : first;
  }
  return first;
}
