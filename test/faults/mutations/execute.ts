import type { Mutation } from './mutation.ts';

/** Rules that src/execute and src/history implement. */
export const EXECUTE_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'Changes of one WorkSpace never overlap',
    scenario: 'OverlappingPolicies',
    file: 'execute/apply.ts',
    from: 'await context.workspaces.run(steps.workspace.workspaceID, () => executeOnWorkspace(steps, context, outcome));',
    to: 'await executeOnWorkspace(steps, context, outcome);',
  },
  {
    rule: 'A change is based on reads that are at most one minute old',
    scenario: 'SlowReads',
    file: 'execute/context.ts',
    from: 'return () => isPlanCurrent() && clock.monotonic() - readFrom < MAX_READ_AGE_MS;',
    to: 'return () => isPlanCurrent();',
  },
  {
    rule: 'A change is not sent again while reads lag behind it',
    scenario: 'StaleReads',
    file: 'history/expectations.ts',
    from: 'sent !== undefined &&',
    to: 'false && sent !== undefined &&',
  },
  {
    rule: 'The status shows a change before the operator makes it',
    scenario: 'OverlappingPolicies',
    file: 'history/gracePeriod.ts',
    from: '(stillSeen(finding, policy, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= since;',
    to: '(stillSeen(finding, policy, firstSeen)?.since ?? Number.POSITIVE_INFINITY) <= Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'The status shows a reinstalled application again before the operator removes it again',
    scenario: 'ReinstalledDuringRemoval',
    file: 'history/gracePeriod.ts',
    from: 'return known?.isUnderWay === true && !isStarted(finding) ? undefined : known;',
    to: 'return known;',
  },
  {
    rule: 'A WorkSpace that rejects changes does not block other WorkSpaces',
    scenario: 'ChangesRejected',
    file: 'execute/context.ts',
    from: 'if (!(cause instanceof FleetError)) {',
    to: 'if (cause !== undefined) {',
  },
];
