import { formatMinute } from '../clock.ts';
import { listsNaming, selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { FOREIGN_POLICY, isVisible } from './explanation.ts';
import type { HeldChange } from './plan.ts';
import { goalOf } from './reverts.ts';
import { type Evaluator, evaluatorFor } from './verdict.ts';
import { windowState } from './window.ts';

/** Returns the policy that requests the pending or failed change of an association, or undefined if there is none. */
export type RequesterOf = (association: Association, workspace: Workspace) => Policy | undefined;

/**
 * Returns a function that finds the policies behind pending changes: first the evaluated policy itself, then those of its namespace.
 *
 * @param policies policies that overlap with `policy`, including itself
 * @param peers all policies that can select the same WorkSpaces as one of them
 */
export function requestersFor(
  policy: Policy,
  policies: readonly Policy[],
  peers: readonly Policy[],
  snapshot: Pick<Snapshot, 'applications' | 'failedOperation'>,
  now: Date,
): RequesterOf {
  const rank = (other: Policy) => (other.key === policy.key ? 0 : isVisible(other, policy) ? 1 : 2);
  const candidates = new Map<string, readonly Policy[]>();
  const evaluators = new Map<Policy, Evaluator>();
  const candidatesFor = (application: Application) => {
    const known =
      candidates.get(application.applicationID) ??
      policies.filter((other) => mayRequest(other, application)).toSorted((a, b) => rank(a) - rank(b));
    candidates.set(application.applicationID, known);
    return known;
  };
  const evaluatorOf = (other: Policy) => {
    const known = evaluators.get(other) ?? evaluatorFor(other, peers, now);
    evaluators.set(other, known);
    return known;
  };
  return (association, workspace) => {
    const application = applicationIn(snapshot, association.applicationID);
    const goal = requestedGoalOf(association, snapshot.failedOperation(association));
    return candidatesFor(application).find((other) => {
      if (selects(other.workspaceSelector, workspace, now) !== true) {
        return false;
      }
      const { verdict, desired } = evaluatorOf(other)(workspace, application) ?? {};
      return desired !== undefined && (goal === undefined || desired === goal) && verdict !== 'Conflict';
    });
  };
}

/** Whether a policy could request a change of an application. An Audit policy requests nothing. */
function mayRequest(policy: Policy, application: Application): boolean {
  const { required, denied } = listsNaming(policy, application);
  return policy.enforcement !== 'Audit' && (required || denied || policy.unlisted === 'Disassociate');
}

/** Returns the desired state that a pending change leads to. Undefined if it isn't known: then a policy with any desired state counts. */
function requestedGoalOf(association: Association, failed: ReturnType<Snapshot['failedOperation']>) {
  if (isAwaitingDeployment(association)) {
    return goalOf(association);
  }
  return failed === undefined ? undefined : failed === 'Uninstall' ? 'Absent' : 'Present';
}

/** A pending change that a deployment would carry out, with the policy that requests it. */
export interface OtherChange {
  readonly association: Association;
  readonly requester: Policy | undefined;
  /** Whether the operator reverts the change, because it began the change and no policy requests it. */
  readonly isReverted: boolean;
}

/** Returns the message for a deployment that waits for other changes: who requests them, and what ends the wait. */
export function othersMessage(
  others: readonly OtherChange[],
  viewer: Policy,
  now: Date,
): Pick<HeldChange, 'message' | 'unredacted'> {
  const isComplete = others.every(({ requester }) => requester === undefined || isVisible(requester, viewer));
  return {
    message: describe(others, viewer, now, (requester) => isVisible(requester, viewer)),
    unredacted: isComplete ? undefined : describe(others, viewer, now, () => true),
  };
}

function describe(
  others: readonly OtherChange[],
  viewer: Policy,
  now: Date,
  isNamed: (requester: Policy) => boolean,
): string {
  const textOf = ({ requester, isReverted }: OtherChange) =>
    requester === undefined
      ? unrequestedChange(isReverted)
      : requestedChange(requester, viewer, now, isNamed(requester));
  const groups = Map.groupBy(others, (one) => JSON.stringify(textOf(one)));
  const parts = [...groups].map(([text, same]) => {
    const { what, end } = JSON.parse(text) as ReturnType<typeof textOf>;
    const listed = same.map(({ association: { applicationID, state } }) => `${applicationID} (${state ?? 'no state'})`);
    return `${what}: ${listed.join(', ')}; ${end}`;
  });
  return `a deployment would also carry out ${parts.join('; and ')}`;
}

const MANUALLY = 'someone deploys or reverts it manually';

function unrequestedChange(isReverted: boolean) {
  return isReverted
    ? {
        what: 'a change that the operator began and that no policy requests',
        end: `the wait ends when the operator reverts it, or ${MANUALLY}`,
      }
    : { what: 'a change that no policy requests', end: 'deploy or revert it manually' };
}

function requestedChange(requester: Policy, viewer: Policy, now: Date, isNamed: boolean) {
  if (requester.key === viewer.key) {
    const what = "another change of this policy that isn't due yet, for example, because it is on hold";
    return { what, end: `the wait ends when this policy deploys it, or ${MANUALLY}` };
  }
  const what = `a change that ${isNamed ? requester.key : FOREIGN_POLICY} requests`;
  const { suspend, deploy, maintenanceWindows } = requester;
  if (deploy === 'Manual') {
    return { what, end: `the wait ends when ${MANUALLY}, because that policy has deploy: Manual` };
  }
  const { isOpen, nextOpening } = windowState(maintenanceWindows, now);
  const deploys = suspend
    ? 'that policy is resumed and deploys it'
    : isOpen || nextOpening === undefined
      ? `that policy deploys it${isNamed ? ' (its status shows what it waits for)' : ''}`
      : `that policy deploys it in its next maintenance window (${formatMinute(nextOpening)})`;
  return { what, end: `the wait ends when ${deploys}, or ${MANUALLY}` };
}
