import type { Mutation } from './mutation.ts';

/** Rules that are kept as changes are made. */
export const IN_EXECUTE: readonly Mutation[] = [
  {
    rule: 'changes of one WorkSpace never overlap',
    scenario: 'Overlap',
    file: 'execute/execute.ts',
    from: 'await context.workspaces.run(steps.workspace.workspaceID, () => executeOnWorkspace(steps, context, outcome));',
    to: 'await executeOnWorkspace(steps, context, outcome);',
  },
  {
    rule: 'what a read rests on is a minute old at most',
    scenario: 'SlowReads',
    file: 'execute/context.ts',
    from: 'return () => isPlanCurrent() && clock.monotonic() - readFrom < MAX_READ_AGE_MS;',
    to: 'return () => isPlanCurrent();',
  },
  {
    rule: 'a change is not sent again while reads lag behind it',
    scenario: 'LaggingReads',
    file: 'history/expectations.ts',
    from: 'sent !== undefined &&',
    to: 'false && sent !== undefined &&',
  },
  {
    rule: 'a change has been shown by the status before it is made',
    scenario: 'Overlap',
    file: 'history/gracePeriod.ts',
    from: '(stillSeen(finding, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= since;',
    to: '(stillSeen(finding, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'what has come back is shown anew before it is removed again',
    scenario: 'ComesBackMidway',
    file: 'history/gracePeriod.ts',
    from: 'return known?.isUnderWay === true && !isStarted(finding) ? undefined : known;',
    to: 'return known;',
  },
  {
    rule: 'one WorkSpace on which nothing can be changed stops no other',
    scenario: 'Refused',
    file: 'execute/context.ts',
    from: 'if (!(error instanceof FleetError)) {',
    to: 'if (error !== undefined) {',
  },
];
