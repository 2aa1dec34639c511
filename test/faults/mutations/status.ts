import type { Mutation } from './mutation.ts';

/** Rules that src/status implements by restoring state from a status. */
export const STATUS_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a restart does not forget what was removed',
    scenario: 'Reinstalled',
    file: 'status/runState.ts',
    from: 'for (const { id, times } of removalsIn(previous?.recentRemovals)) {',
    to: 'for (const { id, times } of removalsIn([])) {',
  },
  {
    rule: 'what was removed counts, although the fleet did not admit the policy meanwhile',
    scenario: 'ReinstalledWhileNotAdmitted',
    file: 'status/notEvaluated.ts',
    from: '...(recentRemovals !== undefined && { recentRemovals }),',
    to: '',
  },
];
