import type { Mutation } from './mutation.ts';

/** Rules that src/execute and src/history implement. */
export const EXECUTE_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'The audit log shows a change before it is sent',
    file: 'aws/rateLimitedClient.ts',
    from: 'await request.recorder.beforeSend();',
    to: 'void request.recorder.beforeSend();',
  },
  {
    rule: 'No change is made that the audit log cannot show',
    scenario: 'AuditLogFull',
    file: 'audit/auditTrail.ts',
    from: '...NOT_SENT });\n        throw error;',
    to: '...NOT_SENT });',
  },
  {
    rule: 'The audit log names a policy that requests the change',
    file: 'audit/intent.ts',
    from: 'uid: policy.uid,',
    to: "uid: 'another',",
  },
  {
    rule: 'The status of the fleet shows only records that the audit log contains',
    scenario: 'AuditLogFull',
    file: 'audit/auditTrail.ts',
    from: 'return this.#hasIntent ? this.#head : undefined;',
    to: 'return this.#hasIntent ? this.#last : undefined;',
  },
  {
    rule: 'The status of the fleet shows the last record of each process',
    file: 'operator/fleetStatusReporter.ts',
    from: 'auditHead: this.#options.audit?.anchor,',
    to: 'auditHead: undefined,',
  },
  {
    rule: 'The audit log shows the result of a change that a later read shows',
    scenario: 'LostRemovals',
    file: 'execute/changeAssociations.ts',
    from: 'const onSettled = (result: SettlementResult) => record.settle(result);',
    to: 'const onSettled = () => {};',
  },
  {
    rule: 'The audit log shows no result of a change of a terminated WorkSpace',
    scenario: 'TerminatedAfterLostRemoval',
    file: 'history/unconfirmedChanges.ts',
    from: 'if (isGone && isCurrent) {',
    to: 'if (false) {',
  },
  {
    rule: 'The audit log shows the outcome of each change',
    file: 'execute/changeAssociations.ts',
    from: '    await record.succeeded(after === undefined ? [] : [after]);\n',
    to: '',
  },
  {
    rule: 'Changes of one WorkSpace never overlap',
    scenario: 'OverlappingPolicies',
    file: 'execute/apply.ts',
    from: 'await context.workspaces.run(steps.workspace.workspaceID, () =>\n      executeOnWorkspace(steps, upcoming.slice(index, index + LOOKAHEAD), context, outcome),\n    );',
    to: 'await executeOnWorkspace(steps, upcoming.slice(index, index + LOOKAHEAD), context, outcome);',
  },
  {
    rule: 'A change is based on reads that are at most one minute old',
    scenario: 'SlowReads',
    file: 'execute/freshReads.ts',
    from: 'isFresh: () => isPlanCurrent() && clock.monotonic() - oldest < MAX_READ_AGE_MS,',
    to: 'isFresh: () => isPlanCurrent(),',
  },
  {
    rule: 'A deployment that could end a session is based on a connection that is at most 20 seconds old',
    scenario: 'SlowRollout',
    file: 'execute/freshReads.ts',
    from: 'const CONNECTION_AGE_AT_START_MS = 14_000;',
    to: 'const CONNECTION_AGE_AT_START_MS = 50_000;',
    also: [
      {
        file: 'execute/freshReads.ts',
        from: 'const MAX_CONNECTION_AGE_MS = 20_000;',
        to: 'const MAX_CONNECTION_AGE_MS = 60_000;',
      },
    ],
  },
  {
    rule: 'A change is based on a state and tags that are at most one minute old',
    scenario: 'SlowRollout',
    file: 'execute/freshReads.ts',
    from: 'const WORKSPACE_AGE_AT_START_MS = 45_000;',
    to: 'const WORKSPACE_AGE_AT_START_MS = 600_000;',
    also: [
      {
        file: 'execute/freshReads.ts',
        from: 'const oldest = Math.min(readFrom, connectionReadFrom, associationsReadFrom);',
        to: 'const oldest = associationsReadFrom;',
      },
      { file: 'inventory/recentReads.ts', from: 'const TTL_MS = 60_000;', to: 'const TTL_MS = 600_000;' },
    ],
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
