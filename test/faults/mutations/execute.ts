import type { Mutation } from './mutation.ts';

/** Rules that are kept as changes are made. */
export const IN_EXECUTE: readonly Mutation[] = [
  {
    rule: 'changes of one WorkSpace never overlap',
    story: 'Overlap',
    file: 'execute/execute.ts',
    from: 'await context.workspaces.run(steps.workspace.workspaceID, () => executeOnWorkspace(steps, context, outcome));',
    to: 'await executeOnWorkspace(steps, context, outcome);',
  },
  {
    rule: 'what a read rests on is a minute old at most',
    story: 'SlowReads',
    file: 'execute/context.ts',
    from: 'return () => stands() && clock.monotonic() - readFrom < FRESH;',
    to: 'return () => stands();',
  },
  {
    rule: 'a change is not sent again while reads lag behind it',
    story: 'LaggingReads',
    file: 'execute/settling.ts',
    from: 'sent !== undefined &&',
    to: 'false && sent !== undefined &&',
  },
  {
    rule: 'a change has been shown by the status before it is made',
    story: 'Overlap',
    file: 'execute/shown.ts',
    from: '(stillShown(finding, shown)?.since ?? Number.POSITIVE_INFINITY) <= since;',
    to: '(stillShown(finding, shown)?.since ?? Number.POSITIVE_INFINITY) <= Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'what has come back is shown anew before it is removed again',
    story: 'ComesBackMidway',
    file: 'execute/shown.ts',
    from: 'return known?.isUnderWay === true && !hasBegun(finding) ? undefined : known;',
    to: 'return known;',
  },
  {
    rule: 'one WorkSpace on which nothing can be changed stops no other',
    story: 'Refused',
    file: 'execute/context.ts',
    from: 'if (!(error instanceof FleetError)) {',
    to: 'if (error !== undefined) {',
  },
];
