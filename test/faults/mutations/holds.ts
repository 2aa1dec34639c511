import { type Mutation, without } from './mutation.ts';

const LOOK = 'execute/look.ts';

/** Rules that are kept by the holds of a plan. */
export const IN_HOLDS: readonly Mutation[] = [
  { rule: 'over maxAffectedWorkspaces nothing is done', story: 'FailedPages', ...without('safeguardExceeded') },
  { rule: 'what was removed three times within a day is left alone', story: 'ComesBack', ...without('flapping') },
  {
    rule: 'a WorkSpace with the tag is left alone',
    story: 'EmptyBodies',
    ...without('protectedByTag'),
    also: [
      {
        file: LOOK,
        from: 'if (workspace !== undefined && isProtected(workspace)) {',
        to: 'if (workspace === undefined) {',
      },
    ],
  },
  { rule: 'Audit only reports', story: 'Audits', ...without('audit') },
  { rule: 'a suspended policy changes nothing', story: 'Suspended', ...without('suspended') },
  { rule: 'Approve waits for a person', story: 'Audits', ...without('awaitingApproval') },
  {
    rule: 'a suspended fleet is left alone',
    story: 'Suspended',
    ...without('fleetSuspended'),
    also: [{ file: 'operator/policyRuns.ts', from: ' && !operated.isSuspended', to: '' }],
  },
  {
    rule: 'what policies contradict each other about is left alone',
    story: 'Contradiction',
    ...without('conflict'),
    also: [{ file: 'plan/plan.ts', from: " && verdict !== 'Conflict'", to: '' }],
  },
  { rule: 'changes wait for a maintenance window', story: 'Windows', ...without('outsideMaintenanceWindow') },
  { rule: 'no more than maxInProgress WorkSpaces change at once', story: 'OneAtATime', ...without('budgetExhausted') },
  {
    rule: 'no more than maxDisassociationsPerHour',
    story: 'Hourly',
    ...without('hourlyLimitReached'),
    also: [
      {
        file: 'execute/hourlyDisassociations.ts',
        from: 'const allowed = Math.min(wanted, this.left(now));',
        to: 'const allowed = wanted;',
      },
    ],
  },
  {
    rule: 'no session of a user is ended',
    story: 'Sessions',
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
    story: 'Unready',
    ...without('workspaceNotReady'),
    also: [{ file: LOOK, from: 'return isDeployable(workspace?.state)', to: 'return workspace !== undefined' }],
  },
  { rule: 'what could not be installed again stays', story: 'Irreversible', ...without('uninstallOnly') },
  { rule: 'what AWS refuses for good is not asked again', story: 'Refused', ...without('rejected') },
  { rule: 'what failed is tried again later, not at once', story: 'Refused', ...without('backingOff') },
  {
    rule: 'a policy that requires nobody knows which application does nothing',
    story: 'Names',
    ...without('ambiguousApplication'),
  },
];
