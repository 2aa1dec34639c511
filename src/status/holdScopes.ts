import type { HeldChange, HoldReason } from '../plan/plan.ts';
import { eachSliced, type Sliced } from '../slices.ts';

/** Scope of each hold's message: the same text for every change that the hold stops, or an explanation of one association. */
const SCOPES = {
  FleetSuspended: 'Plan',
  Suspended: 'Plan',
  AmbiguousApplication: 'Plan',
  Protected: 'Association',
  UninstallOnly: 'Association',
  Conflict: 'Association',
  Incompatible: 'Association',
  ReplacementPending: 'Association',
  AwaitingApproval: 'Plan',
  SafeguardExceeded: 'Plan',
  UnmanagedChangesPending: 'Association',
  LicensePaid: 'Plan',
  OutsideMaintenanceWindow: 'Plan',
  UserConnected: 'Association',
  RecentlyConnected: 'Association',
  WorkspaceNotReady: 'Association',
  BackingOff: 'Association',
  Rejected: 'Association',
  Flapping: 'Association',
  RolloutHalted: 'Plan',
  BudgetExhausted: 'Plan',
  HourlyLimitReached: 'Plan',
  ManualDeploy: 'Plan',
  Audit: 'Plan',
} as const satisfies Record<HoldReason, 'Plan' | 'Association'>;

/** Whether a hold explains the whole plan, so that its message appears once and not for each association. */
export function isPlanWide(reason: HoldReason): boolean {
  return SCOPES[reason] === 'Plan';
}

/** Returns the first held change of each plan-wide reason, in the order given, but the request for an approval first. */
export function* planWideHolds(items: Iterable<{ readonly held: HeldChange | undefined }>): Sliced<HeldChange[]> {
  const byReason = new Map<HoldReason, HeldChange>();
  yield* eachSliced(items, ({ held }) => {
    if (held !== undefined && isPlanWide(held.reason) && !byReason.has(held.reason)) {
      byReason.set(held.reason, held);
    }
  });
  const { AwaitingApproval: awaiting, ...others } = Object.fromEntries(byReason);
  return [...(awaiting === undefined ? [] : [awaiting]), ...Object.values(others)];
}
