import type { Mutation } from './mutation.ts';

/** Rules that are kept by the course of a run. */
export const IN_RECONCILE: readonly Mutation[] = [
  {
    rule: 'a change is not sent once a policy has changed',
    scenario: 'Suspended',
    file: 'reconcile.ts',
    from: 'isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,',
    to: 'isPlanCurrent: () => context.mayAct(),',
  },
  {
    rule: 'a removal that a process did not live to tell is counted',
    scenario: 'ComesBack',
    file: 'reconcile.ts',
    from: 'recordConfirmedRemovals(state.unconfirmedRemovals,',
    to: 'recordConfirmedRemovals([],',
  },
  {
    rule: 'for how long a change was shown is told by a clock that nobody sets',
    scenario: 'ClockSet',
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
