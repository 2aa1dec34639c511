import { type Mutation, without } from './mutation.ts';

/** Rules that the holds of a plan implement. */
export const HOLD_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'A plan that exceeds maxAffectedWorkspaces makes no change',
    scenario: 'PagesFail',
    ...without('safeguardExceeded'),
  },
  {
    rule: 'An application that was removed three times within a day is held',
    scenario: 'Reinstalled',
    ...without('flapping'),
  },
  {
    rule: 'A WorkSpace with the protection tag does not change',
    scenario: 'EmptyResponses',
    ...without('protectedByTag'),
  },
  { rule: 'A policy in audit mode makes no change', scenario: 'AuditMode', ...without('audit') },
  { rule: 'A suspended policy makes no change', scenario: 'Suspended', ...without('suspended') },
  { rule: 'A policy in approve mode waits for an approval', scenario: 'AuditMode', ...without('awaitingApproval') },
  {
    rule: 'A suspended fleet does not change',
    scenario: 'FleetSuspended',
    ...without('fleetSuspended'),
    also: [{ file: 'operator/policyReconciler.ts', from: ' && !runtime.isSuspended', to: '' }],
  },
  {
    rule: 'An application that policies disagree on does not change',
    scenario: 'PoliciesConflict',
    ...without('conflict'),
    also: [{ file: 'plan/plan.ts', from: " && verdict !== 'Conflict'", to: '' }],
  },
  {
    rule: 'A replacement that AWS rejects for a WorkSpace does not start',
    scenario: 'Replacements',
    ...without('incompatible'),
  },
  {
    rule: 'A removal waits for its replacement',
    scenario: 'ReplacementsByTwoPolicies',
    ...without('replacementPending'),
  },
  {
    rule: 'With replacements: Sequential, an installation waits for the removal',
    scenario: 'Replacements',
    file: 'plan/holds/replacementPending.ts',
    from: "const isSecond = replacements === 'Sequential' && finding.step?.kind === 'Associate';",
    to: 'const isSecond = false;',
  },
  {
    rule: 'Changes wait for a maintenance window',
    scenario: 'MaintenanceWindows',
    ...without('outsideMaintenanceWindow'),
  },
  {
    rule: 'With removeBefore, removals wait for the final days of the month',
    scenario: 'RemoveBefore',
    ...without('licensePaid'),
  },
  {
    rule: 'With removeBefore, a removal that someone has begun waits too',
    scenario: 'RemoveBefore',
    file: 'plan/holds/licensePaid.ts',
    from: "change.action === 'Deploy' && (isCompleting || policy.deploy === 'Manual' || deployed.has(workspaceID));",
    to: "change.action === 'Deploy';",
  },
  {
    rule: 'At most maxInProgress WorkSpaces change at the same time',
    scenario: 'MaxInProgress',
    ...without('budgetExhausted'),
  },
  {
    rule: 'At most maxDisassociationsPerHour applications are removed within an hour',
    scenario: 'HourlyQuota',
    ...without('quotaExhausted'),
    also: [
      {
        file: 'history/disassociationQuota.ts',
        from: 'const allowed = Math.min(wanted, this.left(now));',
        to: 'const allowed = wanted;',
      },
    ],
  },
  {
    rule: 'A deployment does not end a user session',
    scenario: 'UserSessions',
    ...without('userConnected'),
  },
  {
    rule: 'A deployment waits until the user has been disconnected for disconnectedFor',
    scenario: 'OpenWork',
    ...without('recentlyConnected'),
  },
  {
    rule: 'A connection that AWS has not checked recently counts as connected',
    scenario: 'OpenWork',
    file: 'fleet/openWork.ts',
    from: "return isOutdated(checkedAt, connection) ? { kind: 'Outdated', checkedAt } : undefined;",
    to: 'return undefined;',
  },
  {
    rule: 'A connection that AWS does not report counts as connected',
    scenario: 'OpenWork',
    file: 'fleet/openWork.ts',
    from: 'if (connection === undefined || !isReported || checkedAt === undefined) {',
    to: 'if (connection === undefined || checkedAt === undefined) {\n    return undefined;\n  }\n  if (!isReported) {',
  },
  {
    rule: 'A user whom AWS does not see counts as connected',
    scenario: 'OpenWork',
    file: 'fleet/openWork.ts',
    from: "if (runningMode === 'MANUAL') {",
    to: "if (runningMode === 'NEVER') {",
  },
  {
    rule: 'Failed deployments halt a rollout until a person resumes it',
    scenario: 'FailingDeployments',
    ...without('rolloutHalted'),
    also: [
      {
        file: 'plan/holds/budgetExhausted.ts',
        from: '[inProgressLimit(plan, context), failureLimit(plan, context)]',
        to: '[inProgressLimit(plan, context)]',
      },
    ],
  },
  {
    rule: 'The first WorkSpace of a rollout goes alone until its deployment has succeeded',
    scenario: 'FailingDeployments',
    file: 'plan/rollout.ts',
    from: 'const isUnproven = isNew || !record.canarySucceeded;',
    to: 'const isUnproven = false;',
  },
  {
    rule: 'Only as many deployments are in progress as may fail',
    scenario: 'FailingDeployments',
    file: 'plan/rollout.ts',
    from: 'const counted = new Set([...failed.keys(), ...inFlight]);',
    to: 'const counted = new Set(failed.keys());',
    also: [{ file: 'plan/rollout.ts', from: 'inFlight.forEach(permit);', to: '' }],
  },
  {
    rule: 'A failed deployment counts until a person resumes the rollout',
    scenario: 'FailingDeployments',
    file: 'status/rolloutGuard.ts',
    from: "isResuming || maxFailures === undefined\n        ? 'Unset'",
    to: "recorded !== undefined\n        ? 'Unset'",
  },
  {
    rule: 'A WorkSpace that is not ready does not change',
    scenario: 'WorkspaceNotReady',
    ...without('workspaceNotReady'),
  },
  { rule: 'An application that cannot be reinstalled is kept', scenario: 'UninstallOnly', ...without('uninstallOnly') },
  {
    rule: 'A change that AWS rejects permanently is not sent again',
    scenario: 'ChangesRejected',
    ...without('rejected'),
  },
  { rule: 'A failed change is retried after a backoff', scenario: 'ChangesRejected', ...without('backingOff') },
  {
    rule: 'A policy with an ambiguous required application makes no change',
    scenario: 'ApplicationNames',
    ...without('ambiguousApplication'),
  },
];
