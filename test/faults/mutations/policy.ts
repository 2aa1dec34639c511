import type { Mutation } from './mutation.ts';

/** Rules that src/policy implements. */
export const POLICY_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A policy applies only to the directories of its fleet',
    scenario: 'FleetBoundary',
    file: 'policy/workspaceFleet.ts',
    from: 'return directoryIDs === undefined\n',
    to: 'return directoryIDs !== null\n',
  },
  {
    rule: 'A name is not a regular expression',
    scenario: 'ApplicationNames',
    file: 'policy/glob.ts',
    from: 'return text === glob.text;',
    to: "return new RegExp('^' + glob.text + '$').test(text);",
  },
  {
    rule: 'Percentages round down',
    scenario: 'Percentages',
    file: 'policy/intOrPercent.ts',
    from: 'Math.floor((total * value.percent) / 100)',
    to: 'Math.ceil((total * value.percent) / 100)',
  },
  {
    rule: 'Percentages resolve to at least one',
    scenario: 'MaxInProgress',
    file: 'policy/intOrPercent.ts',
    from: 'Math.max(1, Math.floor',
    to: 'Math.max(0, Math.floor',
  },
];
