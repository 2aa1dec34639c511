import type { Mutation } from './mutation.ts';

/** Rules that are kept by what a status tells the next run. */
export const IN_STATUS: readonly Mutation[] = [
  {
    rule: 'a restart does not forget what was removed',
    scenario: 'ComesBack',
    file: 'status/runState.ts',
    from: 'for (const { id, times } of removalsIn(previous?.recentRemovals)) {',
    to: 'for (const { id, times } of removalsIn([])) {',
  },
  {
    rule: 'what was removed counts, although the fleet did not admit the policy meanwhile',
    scenario: 'ComesBackAdmitted',
    file: 'status/notEvaluated.ts',
    from: '...(recentRemovals.length > 0 && { recentRemovals }),',
    to: '',
  },
];
