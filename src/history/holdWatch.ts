import { PAGE_SIZE } from '../fleet/ports.ts';
import type { RefreshRequest } from '../inventory/inventory.ts';
import { refreshDelay } from '../inventory/polling.ts';
import type { HeldChange, HoldReason, Plan } from '../plan/plan.ts';

/** Reads that show the end of a hold. Other holds end at a known time, or with a change of a resource in the cluster. */
const REFRESHED_BY: Partial<Record<HoldReason, keyof RefreshRequest>> = {
  UnmanagedChangesPending: 'associationsOf',
  WorkspaceNotReady: 'stateOf',
  UserConnected: 'connectionOf',
  Protected: 'tagsOf',
};

/** A hold on a WorkSpace whose end only a read can show. */
interface WatchedHold {
  /** Start of the hold, in milliseconds since the epoch. */
  readonly since: number;
  /** Last read of the WorkSpace, in milliseconds since the epoch. */
  readonly refreshedAt: number;
  readonly reason: HoldReason;
}

/** Watched holds by WorkSpace ID. */
export type WatchedHolds = ReadonlyMap<string, WatchedHold>;

/**
 * Returns the watched holds of a plan.
 *
 * @param before watched holds of the last run
 * @param refreshed WorkSpaces that were read since
 */
export function watchHolds(
  { held, selected }: Plan,
  before: WatchedHolds,
  { stateOf = [] }: RefreshRequest,
  now: Date,
): WatchedHolds {
  const at = now.getTime();
  const refreshedIDs = new Set(stateOf);
  const entryFor = (workspaceID: string, reason: HoldReason): [string, WatchedHold] => {
    const known = before.get(workspaceID);
    const { since, refreshedAt } = known?.reason === reason ? known : { since: at, refreshedAt: at };
    return [workspaceID, { since, refreshedAt: refreshedIDs.has(workspaceID) ? at : refreshedAt, reason }];
  };
  const isExhausted = held.some(({ reason }) => reason === 'BudgetExhausted');
  const inFlight = isExhausted ? selected.filter(({ state }) => state === 'UPDATING') : [];
  const watched = held.filter(({ reason }) => REFRESHED_BY[reason] !== undefined);
  return new Map([
    ...inFlight.map(({ workspaceID }) => entryFor(workspaceID, 'WorkspaceNotReady')),
    ...watched.map(({ change, reason }: HeldChange) => entryFor(change.finding.workspace.workspaceID, reason)),
  ]);
}

/** Returns the reads for all watched holds as soon as the first is due, because together they take the fewest calls. */
export function refreshesDue(watchedHolds: WatchedHolds, interval: number, now: Date): RefreshRequest {
  if (nextRefresh(watchedHolds, interval) > now.getTime()) {
    return {};
  }
  const refreshedBy = (read: keyof RefreshRequest) =>
    [...watchedHolds].filter(([, { reason }]) => REFRESHED_BY[reason] === read).map(([workspaceID]) => workspaceID);
  return {
    stateOf: [...watchedHolds.keys()],
    associationsOf: refreshedBy('associationsOf'),
    connectionOf: refreshedBy('connectionOf'),
    tagsOf: refreshedBy('tagsOf'),
  };
}

/** Returns the time at which the first watched hold is due, in milliseconds since the epoch, or Infinity if there is none. */
export function nextRefresh(watchedHolds: WatchedHolds, interval: number): number {
  const calls = callsFor(watchedHolds);
  let next = Number.POSITIVE_INFINITY;
  for (const { since, refreshedAt, reason } of watchedHolds.values()) {
    // The removal of a tag is rare and not urgent.
    const delay = reason === 'Protected' ? interval : refreshDelay(refreshedAt - since, interval, calls);
    next = Math.min(next, refreshedAt + delay);
  }
  return next;
}

/** Returns the number of calls that read all watched holds. States and connections are read 25 per call. */
function callsFor(watchedHolds: WatchedHolds): number {
  const count = (matches: (reason: HoldReason) => boolean) =>
    [...watchedHolds.values()].filter(({ reason }) => matches(reason)).length;
  const singleReads = count((reason) => reason === 'UnmanagedChangesPending' || reason === 'Protected');
  const connectionPages = Math.ceil(count((reason) => reason === 'UserConnected') / PAGE_SIZE);
  return 1 + singleReads + connectionPages + Math.ceil(watchedHolds.size / PAGE_SIZE);
}
