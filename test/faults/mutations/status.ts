import type { Mutation } from './mutation.ts';

/** Rules that are kept by what a status tells the next run. */
export const IN_STATUS: readonly Mutation[] = [
  {
    rule: 'a restart does not forget what was removed',
    story: 'ComesBack',
    file: 'status/memory.ts',
    from: 'for (const { pair, times } of removalsIn(previous?.recentRemovals)) {',
    to: 'for (const { pair, times } of removalsIn([])) {',
  },
  {
    rule: 'what was removed counts, although the fleet did not admit the policy meanwhile',
    story: 'ComesBackAdmitted',
    file: 'status/unevaluated.ts',
    from: '...(recentRemovals !== undefined && { recentRemovals }),',
    to: '',
  },
];
