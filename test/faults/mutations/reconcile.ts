import type { Mutation } from './mutation.ts';

/** Rules that are kept by the course of a run. */
export const IN_RECONCILE: readonly Mutation[] = [
  {
    rule: 'a change is not sent once a policy has changed',
    story: 'Suspended',
    file: 'reconcile.ts',
    from: 'stands: () => context.mayAct() && context.policiesConcerning(policy) === policies,',
    to: 'stands: () => context.mayAct(),',
  },
  {
    rule: 'a removal that a process did not live to tell is counted',
    story: 'ComesBack',
    file: 'reconcile.ts',
    from: 'countAnnounced(memory.announced,',
    to: 'countAnnounced([],',
  },
  {
    rule: 'for how long a change was shown is told by a clock that nobody sets',
    story: 'ClockSet',
    file: 'reconcile.ts',
    from: 'memory.shown, clock.monotonic() - showFor)',
    to: 'memory.shown, clock.now().getTime() - showFor)',
    also: [
      {
        file: 'reconcile.ts',
        from: 'showChanges(left, memory.shown, clock.monotonic())',
        to: 'showChanges(left, memory.shown, now.getTime())',
      },
    ],
  },
];
