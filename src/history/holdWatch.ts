import { PAGE_SIZE } from '../fleet/ports.ts';
import type { RefreshRequest } from '../inventory/inventory.ts';
import { refreshDelay } from '../inventory/polling.ts';
import type { HeldChange, HoldReason, Plan } from '../plan/plan.ts';

/** What has to be looked at to see a hold end that nothing else tells of. */
const REFRESHED_BY: Partial<Record<HoldReason, keyof RefreshRequest>> = {
  UnmanagedChangesPending: 'associationsOf',
  WorkspaceNotReady: 'stateOf',
  UserConnected: 'connectionOf',
  Protected: 'tagsOf',
};

/** A WorkSpace on which something is held back that another look may find gone. */
export interface WatchedHold {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly refreshedAt: number;
  readonly reason: HoldReason;
}

/** Blocked WorkSpaces by id. */
export type WatchedHolds = ReadonlyMap<string, WatchedHold>;

/** The WorkSpaces that block a plan, given those that did before and which of them have just been looked at. */
export function watchHolds(
  { held, selected }: Plan,
  before: WatchedHolds,
  { stateOf = [] }: RefreshRequest,
  now: Date,
): WatchedHolds {
  const at = now.getTime();
  const refreshed = new Set(stateOf);
  const entryFor = (workspaceID: string, reason: HoldReason): [string, WatchedHold] => {
    const known = before.get(workspaceID);
    const { since, refreshedAt } = known?.reason === reason ? known : { since: at, refreshedAt: at };
    return [workspaceID, { since, refreshedAt: refreshed.has(workspaceID) ? at : refreshedAt, reason }];
  };
  const isExhausted = held.some(({ reason }) => reason === 'BudgetExhausted');
  const inFlight = isExhausted ? selected.filter(({ state }) => state === 'UPDATING') : [];
  const blocking = held.filter(({ reason }) => REFRESHED_BY[reason] !== undefined);
  return new Map([
    ...inFlight.map(({ workspaceID }) => entryFor(workspaceID, 'WorkspaceNotReady')),
    ...blocking.map(({ change, reason }: HeldChange) => entryFor(change.finding.workspace.workspaceID, reason)),
  ]);
}

/** All of them, once the first is due for another look: together they take the fewest calls. */
export function refreshesDue(watchedHolds: WatchedHolds, interval: number, now: Date): RefreshRequest {
  if (nextRefresh(watchedHolds, interval) > now.getTime()) {
    return {};
  }
  const by = (part: keyof RefreshRequest) =>
    [...watchedHolds].filter(([, { reason }]) => REFRESHED_BY[reason] === part).map(([workspaceID]) => workspaceID);
  return {
    stateOf: [...watchedHolds.keys()],
    associationsOf: by('associationsOf'),
    connectionOf: by('connectionOf'),
    tagsOf: by('tagsOf'),
  };
}

/** When the first of them is due for another look, in milliseconds since the epoch; Infinity if none is. */
export function nextRefresh(watchedHolds: WatchedHolds, interval: number): number {
  const calls = callsFor(watchedHolds);
  let next = Number.POSITIVE_INFINITY;
  for (const { since, refreshedAt, reason } of watchedHolds.values()) {
    // Nobody takes a tag away in the middle of a rollout for it to go on within seconds.
    const wait = reason === 'Protected' ? interval : refreshDelay(refreshedAt - since, interval, calls);
    next = Math.min(next, refreshedAt + wait);
  }
  return next;
}

/** All are looked at together; states and connections are read 25 in a call. */
function callsFor(watchedHolds: WatchedHolds): number {
  const count = (isCounted: (reason: HoldReason) => boolean) =>
    [...watchedHolds.values()].filter(({ reason }) => isCounted(reason)).length;
  const single = count((reason) => reason === 'UnmanagedChangesPending' || reason === 'Protected');
  const connections = Math.ceil(count((reason) => reason === 'UserConnected') / PAGE_SIZE);
  return 1 + single + connections + Math.ceil(watchedHolds.size / PAGE_SIZE);
}
