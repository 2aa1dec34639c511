import type { Mutation } from './mutation.ts';

/** Rules that src/reconcile.ts implements. */
export const RECONCILE_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A change is not sent after an overlapping policy has changed',
    scenario: 'Suspended',
    file: 'reconcile.ts',
    from: 'isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,',
    to: 'isPlanCurrent: () => context.mayAct(),',
  },
  {
    rule: 'A removal counts even if the process was killed before it recorded it',
    scenario: 'Reinstalled',
    file: 'reconcile.ts',
    from: 'recordConfirmedRemovals(state.unconfirmedRemovals,',
    to: 'recordConfirmedRemovals([],',
  },
  {
    rule: 'The grace period is measured by a monotonic clock',
    scenario: 'ClockChanged',
    file: 'reconcile.ts',
    from: 'state.firstSeen, clock.monotonic() - gracePeriodMs)',
    to: 'state.firstSeen, clock.now().getTime() - gracePeriodMs)',
    also: [
      {
        file: 'reconcile.ts',
        from: 'recordFirstSeen(remaining, state.firstSeen, clock.monotonic())',
        to: 'recordFirstSeen(remaining, state.firstSeen, now.getTime())',
      },
    ],
  },
];
