import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { associationKey } from '../fleet/associationID.ts';
import { selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { isAwaitingDeployment, isKnown, isUninstall, mayAwaitDeployment } from '../fleet/states.ts';
import type { Policy } from '../policy/policy.ts';
import { applicablePolicies, evaluatorFor } from './verdict.ts';
import { windowState } from './window.ts';

/**
 * Whether another policy is to deploy this pending change now: by its last run, and, where `workspace` is given, by the WorkSpace as it is
 * at this moment.
 */
export type ClaimedByOther = (association: Association, workspace?: Workspace) => boolean;

/** What a policy was to deploy at its last run, by `pendingKey`, and the policies that it was planned for. */
export interface DeploymentIntent {
  readonly policies: readonly Policy[];
  readonly pending: ReadonlyMap<string, Application>;
}

/** The policies beside one, and what they are about to do. */
export interface PeerPolicies {
  /** The policies with a say in what a policy does, itself included. The same array for as long as none of them changes. */
  readonly policiesOverlapping: (policy: Policy) => readonly Policy[];
  /** By the policy's key. */
  readonly intents: Map<string, DeploymentIntent>;
}

/** What identifies a pending change: the association, and whether it awaits its install or its uninstall. */
export function pendingKey(association: Association): string {
  return `${associationKey(association)} ${association.state}`;
}

/** Whether a deployment may carry something out on an association: a pending change, or a repetition of what failed. */
export function mayBeDeployed(association: Association): boolean {
  return mayAwaitDeployment(association) || association.state === 'ERROR';
}

/**
 * What a deployment of a WorkSpace would carry out that is neither `ours`, by application, nor another policy's to deploy. It carries
 * out every pending change, whoever made it, and with `force` repeats everything that failed. A policy may say that pending changes
 * of others don't matter; what failed, or is in a state that isn't known, does all the same.
 */
export function othersInDeployment(
  associations: Iterable<Association>,
  force: boolean,
  ours: ReadonlySet<string>,
  isClaimedByOther: (association: Association) => boolean,
  { unmanagedPendingChanges }: Policy,
): Association[] {
  const counts = (association: Association) =>
    unmanagedPendingChanges === 'Hold' ? mayAwaitDeployment(association) : !isKnown(association);
  return [...associations]
    .filter(
      (association) =>
        (counts(association) || (force && association.state === 'ERROR')) &&
        !ours.has(association.applicationID) &&
        !isClaimedByOther(association),
    )
    .sort(compareBy(({ applicationID }) => applicationID));
}

/** Says what of others a deployment waits for. */
export function othersMessage(others: readonly Association[]): string {
  const listed = others.map(({ applicationID, state }) => `${applicationID} (${state ?? 'no state'})`).join(', ');
  return `a deployment would also carry out a change that no policy asked for: ${listed}; deploy it or take it back by hand`;
}

/**
 * Which pending changes other policies are about to deploy, so that one deployment may carry out both: what they were to deploy at
 * their last run, if nothing but the deployment itself was to be waited for, and no policy that concerns them has changed since.
 */
export function claimedByOther(
  policy: Policy,
  { policiesOverlapping, intents, clock }: PeerPolicies & { readonly clock: Pick<Clock, 'now'> },
): ClaimedByOther {
  const others = policiesOverlapping(policy).filter(({ key, deploy }) => key !== policy.key && deploy === 'Automatic');
  return (association, workspace) =>
    isAwaitingDeployment(association) &&
    others.some((other) => {
      const last = intents.get(other.key);
      const application = last?.pending.get(pendingKey(association));
      if (last === undefined || application === undefined || last.policies !== policiesOverlapping(other)) {
        return false;
      }
      return workspace === undefined || asksFor(association, application, workspace, other, last.policies, clock.now());
    });
}

/** Whether a policy asks for a pending change of a WorkSpace as it is now: since it planned, a tag may have gone, or its window closed. */
function asksFor(
  association: Association,
  application: Application,
  workspace: Workspace,
  policy: Policy,
  policies: readonly Policy[],
  now: Date,
): boolean {
  const { verdict, desired } = evaluatorFor(applicablePolicies(policy, policies), now)(workspace, application) ?? {};
  return (
    verdict !== 'Conflict' &&
    desired === (isUninstall(association) ? 'Absent' : 'Present') &&
    selects(policy.workspaceSelector, workspace, now) === true &&
    windowState(policy.maintenanceWindows, now).isOpen
  );
}
