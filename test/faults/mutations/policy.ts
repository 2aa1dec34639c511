import type { Mutation } from './mutation.ts';

/** Rules that src/policy implements. */
export const POLICY_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a policy reaches no further than its fleet',
    scenario: 'FleetBoundary',
    file: 'policy/workspaceFleet.ts',
    from: 'return directoryIDs === undefined\n',
    to: 'return directoryIDs !== null\n',
  },
  {
    rule: 'a name is no regular expression',
    scenario: 'ApplicationNames',
    file: 'policy/glob.ts',
    from: 'const wanted = [...pattern];',
    to: "if (new RegExp('^' + pattern.replaceAll('*', '.*') + '$').test(text)) return true;\n  const wanted = [...pattern];",
  },
  {
    rule: 'shares round down',
    scenario: 'Percentages',
    file: 'policy/intOrPercent.ts',
    from: 'Math.floor((total * value.percent) / 100)',
    to: 'Math.ceil((total * value.percent) / 100)',
  },
  {
    rule: 'shares are at least one',
    scenario: 'MaxInProgress',
    file: 'policy/intOrPercent.ts',
    from: 'Math.max(1, Math.floor',
    to: 'Math.max(0, Math.floor',
  },
];
