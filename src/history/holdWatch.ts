import { PAGE_SIZE } from '../fleet/ports.ts';
import { type PollPace, refreshDelay } from '../inventory/polling.ts';
import type { RefreshRequest } from '../inventory/refresher.ts';
import type { HoldReason, Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';

/** What a hold reads again. */
type HoldRead = Exclude<keyof RefreshRequest, 'since'>;

/** Reads that show the end of a hold. Other holds end at a known time, or with a change of a resource in the cluster. */
const REFRESHED_BY: Partial<Record<HoldReason, HoldRead>> = {
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
  { stateOf = [], associationsOf = [], connectionOf = [], tagsOf = [] }: RefreshRequest,
  now: Date,
): WatchedHolds {
  const at = now.getTime();
  const refreshedIDs = new Set([...stateOf, ...associationsOf, ...connectionOf, ...tagsOf]);
  const entryFor = (workspaceID: string, reason: HoldReason): [string, WatchedHold] => {
    const known = before.get(workspaceID);
    const { since, refreshedAt } = known?.reason === reason ? known : { since: at, refreshedAt: at };
    return [workspaceID, { since, refreshedAt: refreshedIDs.has(workspaceID) ? at : refreshedAt, reason }];
  };
  const isExhausted = held.some(({ reason }) => reason === 'BudgetExhausted' || reason === 'RolloutHalted');
  const inFlight = isExhausted ? selected.filter(({ state }) => state === 'UPDATING') : [];
  const watched = new Map(inFlight.map(({ workspaceID }) => entryFor(workspaceID, 'WorkspaceNotReady')));
  for (const { change, reason } of held) {
    if (REFRESHED_BY[reason] !== undefined) {
      watched.set(...entryFor(change.finding.workspace.workspaceID, reason));
    }
  }
  return watched;
}

/** How often the reads of a policy are repeated. */
export interface WatchPace extends PollPace {
  /** Interval of the policy, in milliseconds. */
  readonly interval: number;
  /** Whether the policy makes changes, so that the end of a hold is urgent. */
  readonly isUrgent: boolean;
}

/** Returns the pace of the reads of a policy. */
export function watchPace({ interval, enforcement }: Policy, pace: PollPace): WatchPace {
  return { ...pace, interval, isUrgent: enforcement !== 'Audit' };
}

/**
 * Returns the reads for all watched holds as soon as the first is due, because together they take the fewest calls. Reads by other policies
 * within the last half of the delay suffice.
 */
export function refreshesDue(watchedHolds: WatchedHolds, pace: WatchPace, now: Date): RefreshRequest {
  const first = firstDue(watchedHolds, pace);
  if (first === undefined || first.refreshedAt + first.delay > now.getTime()) {
    return {};
  }
  const refreshedBy = (read: HoldRead) =>
    [...watchedHolds].filter(([, { reason }]) => REFRESHED_BY[reason] === read).map(([workspaceID]) => workspaceID);
  return {
    // A protected WorkSpace stays unchanged in any state.
    stateOf: [...watchedHolds].filter(([, { reason }]) => reason !== 'Protected').map(([workspaceID]) => workspaceID),
    associationsOf: refreshedBy('associationsOf'),
    connectionOf: refreshedBy('connectionOf'),
    tagsOf: refreshedBy('tagsOf'),
    since: now.getTime() - first.delay / 2,
  };
}

/** Returns the time at which the first watched hold is due, in milliseconds since the epoch, or Infinity if there is none. */
export function nextRefresh(watchedHolds: WatchedHolds, pace: WatchPace): number {
  const first = firstDue(watchedHolds, pace);
  return first === undefined ? Number.POSITIVE_INFINITY : first.refreshedAt + first.delay;
}

function firstDue(
  watchedHolds: WatchedHolds,
  pace: WatchPace,
): { readonly refreshedAt: number; readonly delay: number } | undefined {
  const calls = callsFor(watchedHolds, pace);
  let first: { readonly refreshedAt: number; readonly delay: number } | undefined;
  for (const { since, refreshedAt, reason } of watchedHolds.values()) {
    // The removal of a tag is rare and not urgent.
    const isUrgent = pace.isUrgent && reason !== 'Protected';
    const waited = isUrgent ? refreshedAt - since : Number.POSITIVE_INFINITY;
    const delay = refreshDelay(waited, pace.interval, calls, pace);
    if (first === undefined || refreshedAt + delay < first.refreshedAt + first.delay) {
      first = { refreshedAt, delay };
    }
  }
  return first;
}

/** Returns the number of calls that read all watched holds. */
function callsFor(watchedHolds: WatchedHolds, { tagsPerCall }: PollPace): number {
  const count = (read: HoldRead) =>
    [...watchedHolds.values()].filter(({ reason }) => REFRESHED_BY[reason] === read).length;
  return (
    Math.ceil((watchedHolds.size - count('tagsOf')) / PAGE_SIZE) +
    count('associationsOf') +
    Math.ceil(count('connectionOf') / PAGE_SIZE) +
    Math.ceil(count('tagsOf') / tagsPerCall)
  );
}
