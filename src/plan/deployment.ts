import type { Association } from '../fleet/model.ts';
import { mayAwaitDeployment } from '../fleet/states.ts';
import type { Policy } from '../policy/policy.ts';
import type { HoldReason, Plan } from './plan.ts';

/** Whether another policy is to deploy the removal of this association now. */
export type RemovedByAnother = (association: Association) => boolean;

/** The last plan of each policy, by its key, and the policies that it was made for. */
export type PlannedByPolicy = ReadonlyMap<string, { readonly policies: readonly Policy[]; readonly plan: Plan }>;

/** Holds that concern the WorkSpace's next deployment, whoever asks for it, and not the removal itself. */
const HELD_FOR_DEPLOYMENT: ReadonlySet<HoldReason> = new Set(['OthersPendingChanges', 'WorkspaceNotReady']);

/**
 * What a deployment of a WorkSpace would carry out that is neither `ours`, by application, nor another policy's to deploy. It carries
 * out every pending change, whoever made it, and with `force` repeats everything that failed.
 */
export function othersInDeployment(
  associations: Iterable<Association>,
  force: boolean,
  ours: ReadonlySet<string>,
  isRemovedByAnother: RemovedByAnother,
): Association[] {
  return [...associations].filter(
    (association) =>
      (mayAwaitDeployment(association) || (force && association.state === 'ERROR')) &&
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
 * Which pending uninstalls other policies are about to deploy, so that one deployment may carry out both. Only what such a policy
 * planned for these very policies counts, and nothing that it holds; two policies that wait for each other's deployment only don't
 * wait.
 */
export function removedByAnother(
  policy: Policy,
  policies: readonly Policy[],
  planned: PlannedByPolicy,
): RemovedByAnother {
  const isIt = (one: Association, other: Association) =>
    one.workspaceId === other.workspaceId && one.applicationId === other.applicationId;
  return (association) =>
    association.state === 'PENDING_UNINSTALL_DEPLOYMENT' &&
    policies.some(({ key, deploy }) => {
      const last = planned.get(key);
      if (key === policy.key || deploy === 'Manual' || last?.policies !== policies) {
        return false;
      }
      const { changes, held } = last.plan;
      const heldForDeployment = held.filter(({ reason }) => HELD_FOR_DEPLOYMENT.has(reason));
      return [...changes, ...heldForDeployment.map(({ change }) => change)].some(
        ({ action, finding }) => action === 'Deploy' && isIt(finding.association, association),
      );
    });
}
