import { selects } from '../fleet/matching.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import {
  goalOf,
  isStartedByAny,
  mayRequestOnceKnown,
  requestOf,
  revertMessage,
  type StartedView,
  unmanagedMessage,
} from './reverts.ts';
import type { Evaluation } from './verdict.ts';

/** What a plan depends on in addition to the snapshot. */
export interface StartedInputs {
  readonly started: StartedView;
  /** Policies that can select WorkSpaces with started changes, including the policy itself. */
  readonly peers: readonly Policy[];
  /** Directories of the fleet. Undefined for all directories. Nothing is reverted outside them. */
  readonly directoryIDs?: ReadonlySet<string> | undefined;
}

/** Returns the associations whose changes the operator began for a policy on WorkSpaces that the policy doesn't select. */
export function startedOutside(
  policy: Policy,
  { started, directoryIDs }: StartedInputs,
  { workspaces, associations, gaps }: Snapshot,
  now: Date,
): [Association, Workspace][] {
  return started.idsStartedBy(policy).flatMap(({ workspaceID, applicationID }): [Association, Workspace][] => {
    const workspace = workspaces.get(workspaceID);
    const association = associations.get(workspaceID)?.get(applicationID);
    const isOutside =
      workspace !== undefined &&
      gaps?.workspaces.has(workspaceID) !== true &&
      selects(policy.workspaceSelector, workspace, now) === false;
    const isInFleet = directoryIDs === undefined || directoryIDs.has(workspace?.directoryID ?? '');
    return isOutside && isInFleet && association !== undefined ? [[association, workspace]] : [];
  });
}

/** A pending change that no policy requests. Replaces the evaluation of the application. */
export interface Unrequested extends Pick<Evaluation, 'verdict' | 'desired' | 'because' | 'unredacted'> {
  /** Started if the operator began the change and reverts it, or Unmanaged if someone else did. */
  readonly unrequested: 'Started' | 'Unmanaged';
}

/** Returns the pending change of an association if no policy requests it. `evaluation`: evaluation of the policy, if it applies. */
type UnrequestedOf = (
  association: Association,
  workspace: Workspace,
  evaluation: Evaluation | undefined,
) => Unrequested | undefined;

/** Returns a function that finds pending changes that no policy requests, for the plan of a policy. */
export function unrequestedFor(
  policy: Policy,
  { started, peers }: StartedInputs,
  snapshot: Pick<Snapshot, 'applications'>,
  now: Date,
): UnrequestedOf {
  const request = requestOf(peers, now, policy);
  return (association, workspace, evaluation) => {
    const { desired, isUndecided, verdict } = evaluation ?? {};
    if (!isAwaitingDeployment(association) || desired !== undefined || isUndecided === true) {
      return undefined;
    }
    const isOwn = started.isStartedBy(policy, association);
    if (!isOwn && (verdict === undefined || verdict === 'Conflict' || isStartedByAny(peers, started, association))) {
      return undefined;
    }
    const application = applicationIn(snapshot, association.applicationID);
    if (selects(policy.workspaceSelector, workspace, now) === true && mayRequestOnceKnown(policy, application)) {
      return undefined;
    }
    const requested = request(association, workspace, application);
    if (requested === 'Requested' || requested === 'Undecided') {
      return undefined;
    }
    return isOwn
      ? {
          unrequested: 'Started',
          verdict: requested === 'Conflict' ? 'Conflict' : (verdict ?? 'Ignored'),
          desired: goalOf(association) === 'Absent' ? 'Present' : 'Absent',
          ...explained(evaluation, (reason) => revertMessage(association, reason)),
        }
      : {
          unrequested: 'Unmanaged',
          verdict: verdict ?? 'Ignored',
          desired: undefined,
          ...explained(evaluation, (reason = '') => unmanagedMessage(association, reason)),
        };
  };
}

/** Returns the explanation of an evaluation as a part of a message, without and with the names and the texts of other namespaces. */
function explained(
  evaluation: Evaluation | undefined,
  messageFor: (reason: string | undefined) => string,
): Pick<Evaluation, 'because' | 'unredacted'> {
  const { because, unredacted } = evaluation ?? {};
  return { because: messageFor(because), unredacted: unredacted === undefined ? undefined : messageFor(unredacted) };
}
