import type { Policy } from '../policy/policy.ts';
import type { HoldContext } from './holds/hold.ts';
import type { HoldReason, Plan } from './plan.ts';

/** The last plan of each policy, by its key. */
export type PlannedByPolicy = ReadonlyMap<string, { readonly policy: Policy; readonly plan: Plan }>;

/** Holds that concern the WorkSpace's next deployment, whoever asks for it, and not the removal itself. */
const HELD_FOR_DEPLOYMENT: ReadonlySet<HoldReason> = new Set([
  'OthersPendingChanges',
  'WorkspaceNotReady',
  'BackingOff',
]);

/**
 * Whether another policy is about to remove an association and to deploy that, so that a deployment may carry it out along with its
 * own changes. Only what that policy, as it is now, planned and nothing holds counts; two policies that wait for each other's
 * deployment only, don't wait.
 */
export function removedByAnother(
  policy: Policy,
  policies: readonly Policy[],
  planned: PlannedByPolicy,
): HoldContext['isRemovedByAnother'] {
  return (workspaceId, applicationId) =>
    policies.some((other) => {
      const last = planned.get(other.key);
      const isCurrent = last?.policy.uid === other.uid && last.policy.generation === other.generation;
      if (other.key === policy.key || !isCurrent || other.deploy === 'Manual') {
        return false;
      }
      const { changes, held } = last.plan;
      const going = [
        ...changes,
        ...held.filter(({ reason }) => HELD_FOR_DEPLOYMENT.has(reason)).map(({ change }) => change),
      ];
      return going.some(
        ({ finding: { association } }) =>
          association.workspaceId === workspaceId && association.applicationId === applicationId,
      );
    });
}
