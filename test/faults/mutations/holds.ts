import { type Mutation, without } from './mutation.ts';

const LOOK = 'execute/revalidate.ts';

/** Rules that the holds of a plan implement. */
export const HOLD_MUTATIONS: readonly Mutation[] = [
  { rule: 'over maxAffectedWorkspaces nothing is done', scenario: 'PagesFail', ...without('safeguardExceeded') },
  { rule: 'what was removed three times within a day is left alone', scenario: 'Reinstalled', ...without('flapping') },
  {
    rule: 'a WorkSpace with the tag is left alone',
    scenario: 'EmptyResponses',
    ...without('protectedByTag'),
    also: [
      {
        file: LOOK,
        from: 'if (workspace !== undefined && isProtected(workspace)) {',
        to: 'if (workspace === undefined) {',
      },
    ],
  },
  { rule: 'Audit only reports', scenario: 'AuditMode', ...without('audit') },
  { rule: 'a suspended policy changes nothing', scenario: 'Suspended', ...without('suspended') },
  { rule: 'Approve waits for a person', scenario: 'AuditMode', ...without('awaitingApproval') },
  {
    rule: 'a suspended fleet is left alone',
    scenario: 'FleetSuspended',
    ...without('fleetSuspended'),
    also: [{ file: 'operator/policyReconciler.ts', from: ' && !runtime.isSuspended', to: '' }],
  },
  {
    rule: 'what policies contradict each other about is left alone',
    scenario: 'PoliciesConflict',
    ...without('conflict'),
    also: [{ file: 'plan/plan.ts', from: " && verdict !== 'Conflict'", to: '' }],
  },
  {
    rule: 'changes wait for a maintenance window',
    scenario: 'MaintenanceWindows',
    ...without('outsideMaintenanceWindow'),
  },
  {
    rule: 'no more than maxInProgress WorkSpaces change at once',
    scenario: 'MaxInProgress',
    ...without('budgetExhausted'),
  },
  {
    rule: 'no more than maxDisassociationsPerHour',
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
    rule: 'no session of a user is ended',
    scenario: 'UserSessions',
    ...without('userConnected'),
    also: [
      {
        file: LOOK,
        from: 'waitsForUsers(policy) && mayBeConnected(workspace)',
        to: 'waitsForUsers(policy) && workspace.workspaceID === undefined',
      },
    ],
  },
  {
    rule: 'a WorkSpace that is not ready is left alone',
    scenario: 'WorkspaceNotReady',
    ...without('workspaceNotReady'),
    also: [{ file: LOOK, from: 'return isDeployable(workspace?.state)', to: 'return workspace !== undefined' }],
  },
  { rule: 'what could not be installed again stays', scenario: 'UninstallOnly', ...without('uninstallOnly') },
  { rule: 'what AWS refuses for good is not asked again', scenario: 'ChangesRejected', ...without('rejected') },
  { rule: 'what failed is tried again later, not at once', scenario: 'ChangesRejected', ...without('backingOff') },
  {
    rule: 'a policy that requires nobody knows which application does nothing',
    scenario: 'ApplicationNames',
    ...without('ambiguousApplication'),
  },
];
