import type { Mutation } from './mutation.ts';

/** Rules of approvals. */
const APPROVAL_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'An approval belongs to one object',
    scenario: 'RestoredApproval',
    file: 'policy/annotations.ts',
    from: 'uid !== undefined && status?.objectUID === uid ? status : undefined',
    to: 'status',
    also: [
      {
        file: 'status/runState.ts',
        from: 'if (status?.objectUID === undefined || status.objectUID !== uid) {',
        to: 'if (status === undefined || uid === undefined) {',
      },
    ],
  },
  {
    rule: 'An approval covers the plan that the status showed when it appeared',
    scenario: 'StaleApproval',
    file: 'plan/approval.ts',
    from: 'const isValid = isNew && isShown && isWaiting && request.planID === before.proposed?.id;',
    to: 'const isValid = request !== undefined && isWaiting && request.planID === before.proposed?.id;',
    also: [
      {
        file: 'plan/approval.ts',
        from: 'const id = yield* hash([policy.uid, String(revision)], distinctOutcomes(findings));',
        to: 'const id = yield* hash([policy.uid], distinctOutcomes(findings));',
      },
      { file: 'plan/approval.ts', from: 'return used.has(id)', to: 'return used.size < 0' },
      { file: 'plan/approval.ts', from: ' && proposed.id !== lastHandled', to: '' },
    ],
  },
  {
    rule: 'An approval covers no protected WorkSpace',
    scenario: 'ProtectionEndsAfterApproval',
    file: 'plan/approval.ts',
    from: 'return willComplete(finding) && isProtected(finding.workspace) !== true;',
    to: 'return willComplete(finding) && finding.workspace !== undefined;',
    also: [
      {
        file: 'plan/approval.ts',
        from: '!isWaiting || isProtected(workspace) === false;',
        to: '!isWaiting || workspace !== undefined;',
      },
    ],
  },
  {
    rule: 'A protected WorkSpace does not count toward maxAffectedWorkspaces',
    scenario: 'ProtectedBeyondLimit',
    file: 'plan/plan.ts',
    from: ' && willComplete(finding) && !isProtected(finding.workspace);',
    to: ' && willComplete(finding) && finding.workspace !== undefined;',
  },
  {
    rule: 'The history names the approved plan',
    scenario: 'ProposalDuringRollout',
    file: 'plan/approval.ts',
    from: "return (isCovered ? approval.lastApproved : planIdOf(approval)) ?? '';",
    to: "return (isCovered ? planIdOf(approval) : planIdOf(approval)) ?? '';",
  },
];

/** Rules of missing data and of rejections by AWS. */
const MISSING_DATA_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A WorkSpace without a user name is not selected by all but some users',
    scenario: 'MissingUserNames',
    file: 'fleet/matching.ts',
    from: '(userName === undefined && (userNames !== undefined || !isEmptyList(exclude.userNames)));',
    to: '(userName === undefined && userNames !== undefined && userNames === undefined);',
  },
  {
    rule: 'A placeholder is not a user name',
    scenario: 'MissingUserNames',
    file: 'fleet/matching.ts',
    from: 'return userName === NO_USER || userName === undefined ? undefined : comparableUserName(userName);',
    to: 'return userName === undefined ? undefined : comparableUserName(userName);',
  },
  {
    rule: 'A policy that may select a WorkSpace protects its applications',
    scenario: 'MissingMembersOfProtection',
    file: 'plan/verdict.ts',
    from: 'if (undecided !== undefined) {',
    to: 'if (undecided !== undefined && policies.length < 0) {',
  },
  {
    rule: 'A rejection ends when an association changes',
    scenario: 'RejectionEnds',
    file: 'plan/backoff.ts',
    from: "(before === undefined ? change.finding.step?.kind !== 'Deploy' : isUnchanged(before, own)) &&",
    to: '(before !== undefined || own !== undefined) && changed.length < 0 ||',
    // The other half of the same comparison.
    also: [
      {
        file: 'plan/backoff.ts',
        from: 'isUnchanged(one, one.applicationID === own.applicationID ? own : latest?.get(one.applicationID)),',
        to: 'one !== undefined && latest !== null,',
      },
    ],
  },
  {
    rule: 'A change is retried after an unknown error',
    scenario: 'UnknownRejections',
    file: 'aws/errors.ts',
    from: "? 'AccessDenied' : 'UnknownError';",
    to: "? 'AccessDenied' : 'InvalidParameterValues';",
  },
];

/** Rules of what a status has shown, and of the time at which a change is sent. */
const TIME_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'An edit starts the grace period again',
    scenario: 'EnforcedAfterAudit',
    file: 'history/gracePeriod.ts',
    from: ' && generation === policy.generation',
    to: '',
  },
  {
    rule: 'Another outcome starts the grace period again',
    scenario: 'GoalReversed',
    file: 'history/gracePeriod.ts',
    from: 'seen.applicationID === applicationID && seen.desired === desired',
    to: 'seen.applicationID === applicationID',
    also: [{ file: 'history/gracePeriod.ts', from: ' && generation === policy.generation', to: '' }],
  },
  {
    rule: 'No change begins after the maintenance window has closed',
    scenario: 'WindowClosesDuringRun',
    file: 'plan/holds/outsideMaintenanceWindow.ts',
    from: 'prepare: (_, { policy, now, isCompleting }) => {',
    to: 'prepare: (_, { policy, now, isCompleting, revalidation }: any) => {\n    if (revalidation !== undefined) return undefined;',
  },
  {
    rule: 'A removal counts even if its WorkSpace is missing when the next process starts',
    scenario: 'ReinstalledWhileRestricted',
    file: 'status/report.ts',
    from: 'unconfirmedRemovals: unreadRemovals(state.unconfirmedRemovals, observed.snapshot),',
    to: 'unconfirmedRemovals: [],',
    // The operator also reads the WorkSpaces on which it may have started changes.
    also: [
      { file: 'observe.ts', from: 'ids: [...history.started.idsStartedBy(policy), ...unconfirmed]', to: 'ids: []' },
    ],
  },
];

/** Rules of changes that the operator began, and of the records of what it has done. */
const RECORD_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A removal by others is not recorded',
    scenario: 'RemovedByOthers',
    file: 'status/unconfirmedRemovals.ts',
    from: '.filter(mayHaveBeenMade)',
    to: '.filter(() => true)',
  },
  {
    rule: 'A removal counts until a read outlasts the lag',
    scenario: 'LostRemovals',
    file: 'history/unconfirmedChanges.ts',
    from: 'const isCurrent = askedAt - change.sentAt.getTime() >= EXPECTATION_TTL_MS;',
    to: 'const isCurrent = true;',
  },
  {
    rule: 'A removal counts even if no fleet admits the policy when the next process starts',
    scenario: 'RemovedWhileNotAdmitted',
    file: 'operator/policyReconciler.ts',
    from: 'this.#states.keepRecord(entry.uid, key, object.status);',
    to: '',
  },
  {
    rule: 'A removal counts even if the application is back when the next process starts',
    scenario: 'ReinstalledDuringRemoval',
    file: 'status/unconfirmedRemovals.ts',
    from: "(DISASSOCIATED.has(state ?? '') || (id.lastUpdatedTime !== undefined && isNewer));",
    to: "DISASSOCIATED.has(state ?? '');",
  },
  {
    rule: 'An abandoned change is reverted',
    scenario: 'AbandonedChanges',
    file: 'plan/unrequested.ts',
    from: 'const isOwn = started.isStartedBy(policy, association);',
    to: 'const isOwn = started.isStartedBy(policy, association) && peers.length < 0;',
  },
  {
    rule: 'An abandoned change of a WorkSpace that the policy no longer selects is reverted',
    scenario: 'DeselectedDuringRemoval',
    file: 'plan/planChanges.ts',
    from: 'const outside = startedOutside(policy, startedInputs, snapshot, now).flatMap(',
    to: 'const outside = startedOutside(policy, startedInputs, snapshot, now).slice(0, 0).flatMap(',
  },
  {
    rule: 'The operator reads WorkSpaces with abandoned changes that the policy no longer selects',
    scenario: 'AbandonedChanges',
    file: 'observe.ts',
    from: 'ids: [...history.started.idsStartedBy(policy), ...unconfirmed]',
    to: 'ids: []',
  },
  {
    rule: 'An abandoned change is not deployed',
    scenario: 'AbandonedChanges',
    file: 'plan/deployment.ts',
    from: ': !isKnown(association) || isAbandoned(association);',
    to: ': !isKnown(association);',
  },
  {
    rule: 'A failure long after the last read of a deployment may be that of another deployment',
    scenario: 'ForcedByOthers',
    file: 'inventory/transitions.ts',
    from: 'return isSameUpdate || (failure',
    to: 'return updated !== null || isSameUpdate || (failure',
  },
  {
    rule: 'A forced deployment repeats only what the operator deployed',
    scenario: 'FailedByOthers',
    file: 'plan/planChanges.ts',
    from: 'started.hasStarted(observed, association) ? observed : undefined;',
    to: 'started.hasStarted !== undefined ? observed : undefined;',
  },
  {
    rule: 'An approval covers only a plan that the status showed as waiting',
    scenario: 'ApprovedWithinLimit',
    file: 'policy/annotations.ts',
    from: 'showsApprovalAsRequired(object) ? shown?.plan?.id : undefined',
    to: 'shown?.plan?.id',
  },
];

/** Rules of the two promises: everything is shown, and nothing changes that nobody asks for. */
export const PROMISE_MUTATIONS: readonly Mutation[] = [
  ...APPROVAL_MUTATIONS,
  ...MISSING_DATA_MUTATIONS,
  ...TIME_MUTATIONS,
  ...RECORD_MUTATIONS,
];
