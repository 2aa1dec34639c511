import type { AssociationID } from '../fleet/associationID.ts';
import { mayNameApplication, mentions, namesApplication, selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { policyIndexOf } from '../fleet/policyIndex.ts';
import { isAwaitingDeployment, isUninstall } from '../fleet/states.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';
import type { Policy } from '../policy/policy.ts';
import type { DesiredState } from './nextStep.ts';
import { type Evaluator, evaluatorFor } from './verdict.ts';

/** Changes that the operator began and that have not reached their outcome, over all policies. */
export interface StartedView {
  /** Whether the operator began the pending change of an association for a policy. */
  isStartedBy(policy: Policy, association: Association): boolean;
  /** Whether the operator began the pending change of an association. */
  isStarted(association: Association): boolean;
  /** Returns the associations whose changes the operator began for a policy. */
  idsStartedBy(policy: Policy): readonly AssociationID[];
  /** Whether the operator began or deployed this operation on an association. */
  hasStarted(operation: ChangeOperation, id: AssociationID): boolean;
}

/** Whether policies request a pending change. Undecided if that depends on a value that the operator doesn't know. */
type Request = 'Requested' | 'Conflict' | 'Undecided' | 'None';

/** Returns whether policies request the pending change of an association. */
export type RequestOf = (association: Association, workspace: Workspace, application: Application) => Request;

/** Whether a policy might request a change of an application if AWS reported all of its values. */
export function mayRequestOnceKnown({ required, denied, unlisted }: Policy, application: Application): boolean {
  const mayList = [...required, ...denied].some(
    (matcher) => !namesApplication(matcher, application) && mayNameApplication(matcher, application),
  );
  return (
    application.untrusted !== undefined || mayList || (unlisted === 'Disassociate' && application.name === undefined)
  );
}

/** Whether a policy might request a change of an application on the WorkSpaces that it selects. */
function mayRequest(policy: Policy, application: Application): boolean {
  const applies = mentions(policy, application) || policy.unlisted === 'Disassociate';
  return applies || mayRequestOnceKnown(policy, application);
}

/** Returns the desired state that a pending change leads to. */
export function goalOf(association: Association): DesiredState {
  return isUninstall(association) ? 'Absent' : 'Present';
}

/**
 * Returns a function that decides whether any policy requests a pending change. Audit policies and suspended policies request nothing.
 *
 * @param policies policies that may select the WorkSpaces
 * @param except policy that is ignored
 */
export function requestOf(policies: readonly Policy[], now: Date, except?: Policy): RequestOf {
  const index = policyIndexOf(policies);
  const isActing = ({ key, suspend, enforcement }: Policy) =>
    key !== except?.key && !suspend && enforcement !== 'Audit';
  const evaluators = new Map<Policy, Evaluator>();
  const relevance = new Map<string, Map<Policy, boolean>>();
  const relevantAmong = (candidates: readonly Policy[], application: Application) => {
    const known = relevance.get(application.applicationID) ?? new Map<Policy, boolean>();
    relevance.set(application.applicationID, known);
    return candidates.filter((one) => {
      const isRelevant = known.get(one) ?? (isActing(one) && mayRequest(one, application));
      known.set(one, isRelevant);
      return isRelevant;
    });
  };
  const requestBy = (policy: Policy, goal: DesiredState, workspace: Workspace, application: Application): Request => {
    const isSelected = selects(policy.workspaceSelector, workspace, now);
    if (isSelected === undefined) {
      return 'Undecided';
    }
    if (!isSelected) {
      return 'None';
    }
    const evaluate = evaluators.get(policy) ?? evaluatorFor(policy, policies, now);
    evaluators.set(policy, evaluate);
    const { desired, verdict, isUndecided } = evaluate(workspace, application) ?? {};
    if (isUndecided === true || (desired !== goal && mayRequestOnceKnown(policy, application))) {
      return 'Undecided';
    }
    return desired !== goal ? 'None' : verdict === 'Conflict' ? 'Conflict' : 'Requested';
  };
  return (association, workspace, application) => {
    // An entry may name the application, so without its name nobody knows whether a policy requests the change.
    if (application.name === undefined) {
      return 'Undecided';
    }
    const goal = goalOf(association);
    const found = new Set<Request>();
    for (const candidates of [...index.candidatesFor(workspace), index.everywhere]) {
      for (const policy of relevantAmong(candidates, application)) {
        const request = requestBy(policy, goal, workspace, application);
        if (request === 'Requested') {
          return request;
        }
        found.add(request);
      }
    }
    return (['Conflict', 'Undecided'] as const).find((one) => found.has(one)) ?? 'None';
  };
}

/**
 * Returns a function that decides whether the operator began a pending change that no policy requests. No deployment may carry it out.
 *
 * @param policies policies that may select the WorkSpaces
 */
export function abandonedChanges(
  policies: readonly Policy[],
  started: StartedView,
  now: Date,
): (association: Association, workspace: Workspace, application: Application) => boolean {
  const request = requestOf(policies, now);
  return (association, workspace, application) =>
    isAwaitingDeployment(association) &&
    started.isStarted(association) &&
    request(association, workspace, application) !== 'Requested';
}

/** Whether the operator began the pending change of an association for one of the policies, which reverts it if no policy requests it. */
export function isStartedByAny(policies: readonly Policy[], started: StartedView, association: Association): boolean {
  return started.isStarted(association) && policies.some((policy) => started.isStartedBy(policy, association));
}

/** Returns the message for a change that the operator reverts. */
export function revertMessage(association: Association, reason: string | undefined): string {
  const [what, change] = isUninstall(association)
    ? ['disassociated', 'the removal']
    : ['associated', 'the installation'];
  const why = reason === undefined ? '' : ` (${reason})`;
  return `the operator ${what} the application, and no policy requests ${change}${why}; the operator reverts it`;
}

/** Returns the message for a pending change that someone else made and that no policy requests. */
export function unmanagedMessage(association: Association, reason: string): string {
  const [what, undo] = isUninstall(association)
    ? ['a removal', 'associate the application again']
    : ['an installation', 'disassociate the application'];
  return `${what} is pending that no policy requests (${reason}); to carry it out, deploy it in AWS; to revert it, ${undo}`;
}
