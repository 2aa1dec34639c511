import type { Association } from '../fleet/model.ts';
import { pairKey } from '../fleet/pair.ts';
import { isKnown, mayAwaitDeployment } from '../fleet/states.ts';
import type { Policy } from '../policy/policy.ts';

/** Whether another policy is to deploy the removal of this association now. */
export type RemovedByAnother = (association: Association) => boolean;

/** What each policy, by its key, was to deploy at its last run, and the policies that it was planned for. */
export type DeployingPolicies = ReadonlyMap<
  string,
  { readonly policies: readonly Policy[]; readonly removals: ReadonlySet<string> }
>;

/**
 * What a deployment of a WorkSpace would carry out that is neither `ours`, by application, nor another policy's to deploy. It carries
 * out every pending change, whoever made it, and with `force` repeats everything that failed. A policy may say that pending changes
 * of others don't matter; what failed, or is in a state that isn't known, does all the same.
 */
export function othersInDeployment(
  associations: Iterable<Association>,
  force: boolean,
  ours: ReadonlySet<string>,
  isRemovedByAnother: RemovedByAnother,
  { othersPendingChanges }: Policy,
): Association[] {
  const counts = (association: Association) =>
    othersPendingChanges === 'Hold' ? mayAwaitDeployment(association) : !isKnown(association);
  return [...associations].filter(
    (association) =>
      (counts(association) || (force && association.state === 'ERROR')) &&
      !ours.has(association.applicationId) &&
      !isRemovedByAnother(association),
  );
}

/** Says what of others a deployment waits for. */
export function othersMessage(others: readonly Association[]): string {
  const listed = others.map(({ applicationId, state }) => `${applicationId} (${state ?? 'no state'})`).join(', ');
  return `a deployment would also carry out a change that no policy asked for: ${listed}; deploy it or take it back by hand`;
}

/**
 * Which pending uninstalls other policies are about to deploy, so that one deployment may carry out both: what they were to deploy at
 * their last run, if nothing but the deployment itself was to be waited for, and no policy has changed since.
 */
export function removedByAnother(
  policy: Policy,
  policies: readonly Policy[],
  deploying: DeployingPolicies,
): RemovedByAnother {
  const others = policies.filter(({ key, deploy }) => key !== policy.key && deploy === 'Automatic');
  return (association) =>
    association.state === 'PENDING_UNINSTALL_DEPLOYMENT' &&
    others.some(({ key }) => {
      const last = deploying.get(key);
      return last?.policies === policies && last.removals.has(pairKey(association));
    });
}
