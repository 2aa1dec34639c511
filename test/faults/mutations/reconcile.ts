import type { Mutation } from './mutation.ts';

/** Rules that src/reconcile.ts implements. */
export const RECONCILE_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a change is not sent once a policy has changed',
    scenario: 'Suspended',
    file: 'reconcile.ts',
    from: 'isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,',
    to: 'isPlanCurrent: () => context.mayAct(),',
  },
  {
    rule: 'a removal that a process did not live to tell is counted',
    scenario: 'Reinstalled',
    file: 'reconcile.ts',
    from: 'recordConfirmedRemovals(state.unconfirmedRemovals,',
    to: 'recordConfirmedRemovals([],',
  },
  {
    rule: 'for how long a change was shown is told by a clock that nobody sets',
    scenario: 'ClockChanged',
    file: 'reconcile.ts',
    from: 'state.firstSeen, clock.monotonic() - gracePeriodMs)',
    to: 'state.firstSeen, clock.now().getTime() - gracePeriodMs)',
    also: [
      {
        file: 'reconcile.ts',
        from: 'recordFirstSeen(left, state.firstSeen, clock.monotonic())',
        to: 'recordFirstSeen(left, state.firstSeen, now.getTime())',
      },
    ],
  },
];
