import { lookAgainAfter } from '../fleet/following.ts';
import type { HeldChange, Plan } from '../plan/plan.ts';

/** A WorkSpace whose own state, or whose pending changes of others, hold a removal. */
export interface Blocked {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly lookedAt: number;
  readonly byOthers: boolean;
}

/** Blocked WorkSpaces by id. Nothing tells when such a hold ends but another look. */
export type BlockedWorkspaces = ReadonlyMap<string, Blocked>;

/** Single WorkSpaces to look at. */
export interface Looks {
  readonly associationsOf: readonly string[];
  readonly stateOf: readonly string[];
}

/** The WorkSpaces that block a plan, given those that did before and which of them have just been looked at. */
export function blockedIn({ held }: Plan, before: BlockedWorkspaces, { stateOf }: Looks, now: Date): BlockedWorkspaces {
  const at = now.getTime();
  const looked = new Set(stateOf);
  const blocking = held.filter(({ reason }) => reason === 'OthersPendingChanges' || reason === 'WorkspaceNotReady');
  const entryFor = ({ change, reason }: HeldChange): [string, Blocked] => {
    const { workspaceId } = change.finding.workspace;
    const { since, lookedAt } = before.get(workspaceId) ?? { since: at, lookedAt: at };
    const byOthers = reason === 'OthersPendingChanges';
    return [workspaceId, { since, lookedAt: looked.has(workspaceId) ? at : lookedAt, byOthers }];
  };
  return new Map(blocking.map(entryFor));
}

/** All of them, once the first is due for another look: together they take the fewest calls. */
export function dueForALook(blocked: BlockedWorkspaces, interval: number, now: Date): Looks {
  if (nextLook(blocked, interval) > now.getTime()) {
    return { associationsOf: [], stateOf: [] };
  }
  const associationsOf = [...blocked].filter(([, { byOthers }]) => byOthers).map(([workspaceId]) => workspaceId);
  return { associationsOf, stateOf: [...blocked.keys()] };
}

/** When the first of them is due for another look, in milliseconds since the epoch; Infinity if none is. */
export function nextLook(blocked: BlockedWorkspaces, interval: number): number {
  const calls = callsFor(blocked);
  let next = Number.POSITIVE_INFINITY;
  for (const { since, lookedAt } of blocked.values()) {
    next = Math.min(next, lookedAt + lookAgainAfter(lookedAt - since, interval, calls));
  }
  return next;
}

/** All are looked at together: states are read 25 in a call. */
function callsFor(blocked: BlockedWorkspaces): number {
  const byOthers = [...blocked.values()].filter((one) => one.byOthers).length;
  return 1 + byOthers + Math.ceil(blocked.size / 25);
}
