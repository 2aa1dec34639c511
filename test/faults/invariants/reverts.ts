import type { SentCall } from '../cloud/traffic.ts';
import { type Attempt, MAX_RUN_MS, type ObservedState, PENDING_STATES } from '../observedState.ts';
import { type Goal, mayChange, requestsChange } from '../policyContext.ts';
import { GRACE_PERIOD_MS, shownSince } from './policyLimits.ts';

const GOALS: Readonly<Record<string, Goal>> = {
  DisassociateWorkspaceApplication: 'Remove',
  AssociateWorkspaceApplication: 'Install',
};

/**
 * Whether a call reverts a change as docs/explanation/semantics.md permits: the operator began the change for a policy that may still act,
 * the change is pending, nobody else changed the association since, no policy requests the change or AWS rejects the replacement, and the
 * status has shown the revert.
 */
export function isPermittedRevert(
  sent: SentCall,
  { ledger, context, workspace, known }: Omit<Attempt, 'isRevert'>,
  observed: ObservedState,
): boolean {
  const { workspaceID } = workspace;
  const applicationID = String(sent.input.ApplicationId);
  const pair = `${workspaceID} ${applicationID}`;
  const goal = GOALS[sent.operation];
  const begun = observed.begun.get(pair);
  if (goal === undefined || begun === undefined || begun.goal === goal) {
    return false;
  }
  const read = known.associations?.value.find((one) => one.applicationID === applicationID);
  const isPending = read?.state === `PENDING_${begun.goal === 'Remove' ? 'UNINSTALL' : 'INSTALL'}_DEPLOYMENT`;
  const current = observed.cloud.workspace(workspaceID)?.associations.get(applicationID);
  const isOwn = current?.lastUpdated === begun.lastUpdated || observed.wasChangedByOthers(workspaceID, 2 * MAX_RUN_MS);
  const application = observed.application(applicationID);
  const isRequested = ledger
    .policies()
    .some((policy) => requestsChange(begun.goal, policy, context, workspace, application));
  const isShown = (key: string) =>
    observed.hasOmittedAssociations(key) ||
    (shownSince(sent, key, pair, observed) ?? Number.POSITIVE_INFINITY) <= observed.time.elapsed - GRACE_PERIOD_MS;
  const mayRevert = ledger
    .policies()
    .some((policy) => begun.policies.has(policy.key) && mayChange(policy, context, workspace) && isShown(policy.key));
  // The replacement of the removed application can't be installed, as AWS has shown or as its data shows.
  const isReplacementRejected =
    begun.goal === 'Remove' &&
    (observed.cloud.rejectsInstallations?.on.includes(workspaceID) === true ||
      [...observed.cloud.incompatible].some((rejected) => rejected.startsWith(`${workspaceID} `)));
  return isPending && isOwn && (!isRequested || isReplacementRejected) && mayRevert;
}

/** Records whether the operator began a change that awaits its deployment. */
export function recordBegun(sent: SentCall, attempt: Attempt | undefined, observed: ObservedState): void {
  const goal = GOALS[sent.operation];
  if (goal === undefined || attempt === undefined) {
    return;
  }
  const { ledger, context, workspace } = attempt;
  const applicationID = String(sent.input.ApplicationId);
  const pair = `${workspace.workspaceID} ${applicationID}`;
  const current = observed.cloud.workspace(workspace.workspaceID)?.associations.get(applicationID);
  if (current === undefined || !PENDING_STATES.has(current.state)) {
    observed.begun.delete(pair);
    return;
  }
  const application = observed.application(applicationID);
  const policies = ledger
    .policies()
    .filter((policy) => requestsChange(goal, policy, context, workspace, application))
    .map(({ key }) => key);
  observed.begun.set(pair, { goal, policies: new Set(policies), lastUpdated: current.lastUpdated });
}
