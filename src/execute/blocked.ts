import { lookAgainAfter } from '../fleet/following.ts';
import type { Looks } from '../fleet/inventory.ts';
import { PAGE_SIZE } from '../fleet/queryPlan.ts';
import type { HeldChange, HoldReason, Plan } from '../plan/plan.ts';

/** What has to be looked at to see a hold end that nothing else tells of. */
const LOOK_AT: Partial<Record<HoldReason, keyof Looks>> = {
  UnmanagedChangesPending: 'associationsOf',
  WorkspaceNotReady: 'stateOf',
  UserConnected: 'connectionOf',
  Protected: 'tagsOf',
};

/** A WorkSpace on which something is held back that another look may find gone. */
export interface Blocked {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly lookedAt: number;
  readonly reason: HoldReason;
}

/** Blocked WorkSpaces by id. */
export type BlockedWorkspaces = ReadonlyMap<string, Blocked>;

/** The WorkSpaces that block a plan, given those that did before and which of them have just been looked at. */
export function blockedIn(
  { held, selected }: Plan,
  before: BlockedWorkspaces,
  { stateOf = [] }: Looks,
  now: Date,
): BlockedWorkspaces {
  const at = now.getTime();
  const looked = new Set(stateOf);
  const entryFor = (workspaceID: string, reason: HoldReason): [string, Blocked] => {
    const known = before.get(workspaceID);
    const { since, lookedAt } = known?.reason === reason ? known : { since: at, lookedAt: at };
    return [workspaceID, { since, lookedAt: looked.has(workspaceID) ? at : lookedAt, reason }];
  };
  const isExhausted = held.some(({ reason }) => reason === 'BudgetExhausted');
  const inFlight = isExhausted ? selected.filter(({ state }) => state === 'UPDATING') : [];
  const blocking = held.filter(({ reason }) => LOOK_AT[reason] !== undefined);
  return new Map([
    ...inFlight.map(({ workspaceID }) => entryFor(workspaceID, 'WorkspaceNotReady')),
    ...blocking.map(({ change, reason }: HeldChange) => entryFor(change.finding.workspace.workspaceID, reason)),
  ]);
}

/** All of them, once the first is due for another look: together they take the fewest calls. */
export function dueForALook(blocked: BlockedWorkspaces, interval: number, now: Date): Looks {
  if (nextLook(blocked, interval) > now.getTime()) {
    return {};
  }
  const by = (part: keyof Looks) =>
    [...blocked].filter(([, { reason }]) => LOOK_AT[reason] === part).map(([workspaceID]) => workspaceID);
  return {
    stateOf: [...blocked.keys()],
    associationsOf: by('associationsOf'),
    connectionOf: by('connectionOf'),
    tagsOf: by('tagsOf'),
  };
}

/** When the first of them is due for another look, in milliseconds since the epoch; Infinity if none is. */
export function nextLook(blocked: BlockedWorkspaces, interval: number): number {
  const calls = callsFor(blocked);
  let next = Number.POSITIVE_INFINITY;
  for (const { since, lookedAt, reason } of blocked.values()) {
    // Nobody takes a tag away in the middle of a rollout for it to go on within seconds.
    const wait = reason === 'Protected' ? interval : lookAgainAfter(lookedAt - since, interval, calls);
    next = Math.min(next, lookedAt + wait);
  }
  return next;
}

/** All are looked at together; states and connections are read 25 in a call. */
function callsFor(blocked: BlockedWorkspaces): number {
  const count = (isCounted: (reason: HoldReason) => boolean) =>
    [...blocked.values()].filter(({ reason }) => isCounted(reason)).length;
  const single = count((reason) => reason === 'UnmanagedChangesPending' || reason === 'Protected');
  const connections = Math.ceil(count((reason) => reason === 'UserConnected') / PAGE_SIZE);
  return 1 + single + connections + Math.ceil(blocked.size / PAGE_SIZE);
}
