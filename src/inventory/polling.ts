import type { Association } from '../fleet/model.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import { pagesFor } from './queryPlan.ts';

/** How soon something that changes by itself is looked at again, in milliseconds, for each call that the look takes. */
const SOONEST = 5_000;

/**
 * How long, in milliseconds, what has been waited for so long may go unseen: a quarter of that time, so that what takes minutes is
 * noticed within seconds, and what hangs for days costs no more than the policy's own interval. Looks that take many calls are made
 * less often, so that following a rollout leaves room to go on with it.
 */
export function refreshDelay(waited: number, interval: number, calls = 1): number {
  return Math.min(interval, Math.max(SOONEST * calls, waited / 4));
}

/** The cheapest reads by which moving associations are followed. */
export interface PollPlan {
  /** Applications to list again, all pages. */
  readonly applicationIDs: readonly string[];
  /** WorkSpaces whose associations to read one by one. */
  readonly workspaceIDs: readonly string[];
  /** WorkSpaces whose states to read, 25 in a call. */
  readonly stateOf: readonly string[];
  readonly calls: number;
}

/**
 * Chooses, for each application, between listing it again and reading the WorkSpaces that are moving one by one. `listed` is how many
 * associations an application's listing had.
 */
export function planPolling(
  transitioning: readonly Association[],
  listed: (applicationID: string) => number,
): PollPlan {
  const byApplication = new Map<string, Set<string>>();
  for (const { applicationID, workspaceID } of transitioning) {
    byApplication.set(applicationID, (byApplication.get(applicationID) ?? new Set()).add(workspaceID));
  }
  const pagesOf = (applicationID: string) => pagesFor(listed(applicationID));
  const single = [...byApplication].filter(([applicationID, ids]) => ids.size < pagesOf(applicationID));
  const whole = [...byApplication.keys()].filter((id) => !single.some(([applicationID]) => applicationID === id));
  const workspaceIDs = [...new Set(single.flatMap(([, ids]) => [...ids]))].sort();
  const stateOf = [...new Set(transitioning.map(({ workspaceID }) => workspaceID))].sort();
  const calls =
    whole.reduce((sum, applicationID) => sum + pagesOf(applicationID), 0) +
    workspaceIDs.length +
    Math.ceil(stateOf.length / PAGE_SIZE);
  return { applicationIDs: whole.sort(), workspaceIDs, stateOf, calls };
}
