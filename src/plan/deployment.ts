import { compareBy } from '../compare.ts';
import { associationKey } from '../fleet/associationID.ts';
import { selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { isAwaitingDeployment, isKnown, isUninstall, mayAwaitDeployment } from '../fleet/states.ts';
import type { Policy } from '../policy/policy.ts';
import { evaluatorFor } from './verdict.ts';
import { windowState } from './window.ts';

/** Whether another policy intends to deploy this pending change now, according to its last run. */
export type ClaimedByOther = (association: Association) => boolean;

/** The deployments that a policy intended at its last run. */
export interface DeploymentIntent {
  /** Overlapping policies at that time. */
  readonly policies: readonly Policy[];
  /** Applications to deploy, by `pendingKey`. */
  readonly pending: ReadonlyMap<string, Application>;
}

/** Other policies and their intents. */
export interface PeerPolicies {
  /** Returns the policies that are evaluated together with a policy, including itself. Returns the same array until one of them changes. */
  readonly policiesOverlapping: (policy: Policy) => readonly Policy[];
  /** Returns all policies that can select WorkSpaces of the same AWS account and region, including the policy itself. */
  readonly policiesInScope: (policy: Policy) => readonly Policy[];
  /** Intents by policy key. */
  readonly intents: ReadonlyMap<string, DeploymentIntent>;
}

/** Returns the key of a pending change: the association and its state. */
export function pendingKey(association: Association): string {
  return `${associationKey(association)} ${association.state}`;
}

/** Whether a deployment may affect an association, because it carries out a pending change or repeats a failed one. */
export function mayBeDeployed(association: Pick<Association, 'state'>): boolean {
  return mayAwaitDeployment(association) || association.state === 'ERROR';
}

/**
 * Returns the unmanaged associations that a deployment of a WorkSpace would affect, sorted by application ID. A deployment carries out all
 * pending changes and, with `force`, repeats all failed ones. With `unmanagedPendingChanges: Deploy`, known pending changes are ignored,
 * but failed changes, unknown states, and abandoned changes of the operator are not.
 *
 * @param ours IDs of the applications whose changes the policy requests
 */
export function othersInDeployment(
  associations: Iterable<Association>,
  force: boolean,
  ours: ReadonlySet<string>,
  isClaimedByOther: (association: Association) => boolean,
  isAbandoned: (association: Association) => boolean,
  { unmanagedPendingChanges }: Policy,
): Association[] {
  const blocks = (association: Association) =>
    unmanagedPendingChanges === 'Hold'
      ? mayAwaitDeployment(association)
      : !isKnown(association) || isAbandoned(association);
  return [...associations]
    .filter(
      (association) =>
        (blocks(association) || (force && association.state === 'ERROR')) &&
        !ours.has(association.applicationID) &&
        !isClaimedByOther(association),
    )
    .sort(compareBy(({ applicationID }) => applicationID));
}

/**
 * Returns a function that decides whether another policy intends to deploy a pending change, so that one deployment can carry out the
 * changes of both. An intent is valid until a policy that overlaps with the other policy changes.
 *
 * @param fresh WorkSpaces whose current state is known: there, the other policy must still request the change
 */
export function claimedByOther(
  policy: Policy,
  { policiesOverlapping, policiesInScope, intents }: PeerPolicies,
  fresh: ReadonlyMap<string, Workspace>,
  now: Date,
): ClaimedByOther {
  const others = policiesOverlapping(policy).filter(({ key, deploy }) => key !== policy.key && deploy === 'Automatic');
  return (association) => {
    if (!isAwaitingDeployment(association)) {
      return false;
    }
    const key = pendingKey(association);
    return others.some((other) => {
      const last = intents.get(other.key);
      const application = last?.pending.get(key);
      if (last === undefined || application === undefined || last.policies !== policiesOverlapping(other)) {
        return false;
      }
      const workspace = fresh.get(association.workspaceID);
      return (
        workspace === undefined || requests(association, application, workspace, other, policiesInScope(other), now)
      );
    });
  };
}

/** Whether a policy still requests a pending change. Since its plan, a tag may have been removed or its maintenance window may have closed. */
function requests(
  association: Association,
  application: Application,
  workspace: Workspace,
  policy: Policy,
  policies: readonly Policy[],
  now: Date,
): boolean {
  const { verdict, desired } = evaluatorFor(policy, policies, now)(workspace, application) ?? {};
  return (
    verdict !== 'Conflict' &&
    desired === (isUninstall(association) ? 'Absent' : 'Present') &&
    selects(policy.workspaceSelector, workspace, now) === true &&
    windowState(policy.maintenanceWindows, now).isOpen
  );
}
