import type { Mutation } from './mutation.ts';

/** Rules that src/status implements by restoring state from a status. */
export const STATUS_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A restart does not forget earlier removals',
    scenario: 'Reinstalled',
    file: 'status/runState.ts',
    from: 'return { removals: removalsIn(previous?.recentRemovals), retries, started, generation };',
    to: 'return { removals: [], retries, started, generation };',
  },
  {
    rule: 'Removals count even if the fleet did not admit the policy in between',
    scenario: 'ReinstalledWhileNotAdmitted',
    file: 'status/notEvaluated.ts',
    from: '...(recentRemovals.length > 0 && { recentRemovals }),',
    to: '',
  },
];
