import type { HeldChange, HoldReason } from '../plan/plan.ts';

/** Scope of each hold's message: the same text for every change that the hold stops, or an explanation of one association. */
const SCOPES = {
  FleetSuspended: 'Plan',
  Suspended: 'Plan',
  AmbiguousApplication: 'Plan',
  Protected: 'Association',
  UninstallOnly: 'Association',
  Conflict: 'Association',
  AwaitingApproval: 'Plan',
  SafeguardExceeded: 'Plan',
  UnmanagedChangesPending: 'Association',
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

/** Returns the first held change of each plan-wide reason, in the order given. */
export function planWideHolds(held: Iterable<HeldChange>): HeldChange[] {
  const byReason = new Map<HoldReason, HeldChange>();
  for (const one of held) {
    if (isPlanWide(one.reason) && !byReason.has(one.reason)) {
      byReason.set(one.reason, one);
    }
  }
  return [...byReason.values()];
}
