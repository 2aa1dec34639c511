import type { Association } from '../fleet/model.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import { pagesFor } from './queryPlan.ts';

/** Share of the rate limit that refreshes of one policy use at most. */
const MAX_SHARE = 0.1;
/** Limits of the minimum delay before a refresh (ms). */
const MIN_DELAY_MS = { shortest: 1_000, longest: 5_000 };

/** Pace of refreshes under a rate limit, in milliseconds. */
export interface PollPace {
  /** Minimum delay before a refresh, for each call that the refresh takes. */
  readonly perCall: number;
  /** Minimum delay before any refresh. */
  readonly minimum: number;
  /** Number of WorkSpaces whose tags one call reads. */
  readonly tagsPerCall: number;
}

/** Returns the pace of refreshes that leaves most calls to the changes of a rollout. */
export function pollPace(callsPerSecond: number, tagsPerCall: number): PollPace {
  const perCall = 1000 / (MAX_SHARE * callsPerSecond);
  return { perCall, tagsPerCall, minimum: Math.max(MIN_DELAY_MS.shortest, Math.min(MIN_DELAY_MS.longest, perCall)) };
}

/**
 * Returns the delay before a resource in transition is read again, in milliseconds. It is a quarter of the time waited so far: the
 * operator notices the end of a short operation within seconds, and a long one costs no more than the interval of the policy. Refreshes
 * that take many calls are less frequent, so that they leave calls for the rollout.
 *
 * @param waited time waited so far, in milliseconds
 * @param interval interval of the policy, in milliseconds
 * @param calls number of calls of the refresh
 */
export function refreshDelay(waited: number, interval: number, calls: number, { perCall, minimum }: PollPace): number {
  return Math.max(minimum, Math.ceil(perCall * calls), Math.min(interval, waited / 4));
}

/** The reads that poll associations in transition with the fewest calls. */
export interface PollPlan {
  /** Applications to list again, all pages. */
  readonly applicationIDs: readonly string[];
  /** WorkSpaces whose associations to read, one per call. */
  readonly workspaceIDs: readonly string[];
  /** WorkSpaces whose states to read, 25 per call. */
  readonly stateOf: readonly string[];
  /** Total number of calls. */
  readonly calls: number;
}

/**
 * Chooses for each application whether to list all its associations, or to read the WorkSpaces in transition one by one.
 *
 * @param listingSize returns the number of associations in the last listing of an application
 */
export function planPolling(
  transitioning: readonly Association[],
  listingSize: (applicationID: string) => number,
): PollPlan {
  const byApplication = new Map<string, Set<string>>();
  for (const { applicationID, workspaceID } of transitioning) {
    byApplication.set(applicationID, (byApplication.get(applicationID) ?? new Set()).add(workspaceID));
  }
  const pagesOf = (applicationID: string) => pagesFor(listingSize(applicationID));
  const readSingly = [...byApplication].filter(([applicationID, ids]) => ids.size < pagesOf(applicationID));
  const listAgain = [...byApplication.keys()].filter(
    (id) => !readSingly.some(([applicationID]) => applicationID === id),
  );
  const workspaceIDs = [...new Set(readSingly.flatMap(([, ids]) => [...ids]))].sort();
  const stateOf = [...new Set(transitioning.map(({ workspaceID }) => workspaceID))].sort();
  const calls =
    listAgain.reduce((sum, applicationID) => sum + pagesOf(applicationID), 0) +
    workspaceIDs.length +
    Math.ceil(stateOf.length / PAGE_SIZE);
  return { applicationIDs: listAgain.sort(), workspaceIDs, stateOf, calls };
}
