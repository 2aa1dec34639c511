import type { Mutation } from './mutation.ts';

/** Rules that src/reconcile.ts and its phases implement. */
export const RECONCILE_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A change is not sent after an overlapping policy has changed',
    scenario: 'Suspended',
    file: 'execute/apply.ts',
    from: 'isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,',
    to: 'isPlanCurrent: () => context.mayAct(),',
  },
  {
    rule: 'A removal counts even if the process was killed before it recorded it',
    scenario: 'Reinstalled',
    file: 'reconcile.ts',
    from: 'confirmedRemovals(state.unconfirmedRemovals,',
    to: 'confirmedRemovals([],',
  },
  {
    rule: 'The grace period is measured by a monotonic clock',
    scenario: 'ClockChanged',
    file: 'reconcile.ts',
    from: 'const shownSince = clock.monotonic() - gracePeriodMs;',
    to: 'const shownSince = clock.now().getTime() - gracePeriodMs;',
    also: [{ file: 'reconcile.ts', from: 'monotonic: clock.monotonic()', to: 'monotonic: clock.now().getTime()' }],
  },
];
