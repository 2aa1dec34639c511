import { type Mutation, without } from './mutation.ts';

const LOOK = 'execute/revalidate.ts';

/** Rules that are kept by the holds of a plan. */
export const IN_HOLDS: readonly Mutation[] = [
  { rule: 'over maxAffectedWorkspaces nothing is done', scenario: 'FailedPages', ...without('safeguardExceeded') },
  { rule: 'what was removed three times within a day is left alone', scenario: 'ComesBack', ...without('flapping') },
  {
    rule: 'a WorkSpace with the tag is left alone',
    scenario: 'EmptyBodies',
    ...without('protectedByTag'),
    also: [
      {
        file: LOOK,
        from: 'if (workspace !== undefined && isProtected(workspace)) {',
        to: 'if (workspace === undefined) {',
      },
    ],
  },
  { rule: 'Audit only reports', scenario: 'Audits', ...without('audit') },
  { rule: 'a suspended policy changes nothing', scenario: 'Suspended', ...without('suspended') },
  { rule: 'Approve waits for a person', scenario: 'Audits', ...without('awaitingApproval') },
  {
    rule: 'a suspended fleet is left alone',
    scenario: 'FleetSuspended',
    ...without('fleetSuspended'),
    also: [{ file: 'operator/policyReconciler.ts', from: ' && !runtime.isSuspended', to: '' }],
  },
  {
    rule: 'what policies contradict each other about is left alone',
    scenario: 'Contradiction',
    ...without('conflict'),
    also: [{ file: 'plan/plan.ts', from: " && verdict !== 'Conflict'", to: '' }],
  },
  { rule: 'changes wait for a maintenance window', scenario: 'Windows', ...without('outsideMaintenanceWindow') },
  {
    rule: 'no more than maxInProgress WorkSpaces change at once',
    scenario: 'OneAtATime',
    ...without('budgetExhausted'),
  },
  {
    rule: 'no more than maxDisassociationsPerHour',
    scenario: 'Hourly',
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
    scenario: 'Sessions',
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
    scenario: 'Unready',
    ...without('workspaceNotReady'),
    also: [{ file: LOOK, from: 'return isDeployable(workspace?.state)', to: 'return workspace !== undefined' }],
  },
  { rule: 'what could not be installed again stays', scenario: 'Irreversible', ...without('uninstallOnly') },
  { rule: 'what AWS refuses for good is not asked again', scenario: 'Refused', ...without('rejected') },
  { rule: 'what failed is tried again later, not at once', scenario: 'Refused', ...without('backingOff') },
  {
    rule: 'a policy that requires nobody knows which application does nothing',
    scenario: 'Names',
    ...without('ambiguousApplication'),
  },
];
