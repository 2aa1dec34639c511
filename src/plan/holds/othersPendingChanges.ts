import type { Association } from '../../fleet/model.ts';
import { ASSOCIATION_STATES } from '../../fleet/model.ts';
import { awaitsDeployment } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

/**
 * A deployment carries out every pending change of its WorkSpace, so it waits while one is pending that no policy asked for: it could
 * take away what nobody meant to take away.
 */
export const othersPendingChanges: Hold = {
  reason: 'OthersPendingChanges',
  prepare: (plan, { policy, snapshot, isRemovedByAnother }) => {
    if (policy.deploy === 'Manual') {
      return () => undefined;
    }
    const ours = new Set(plan.changes.map(({ finding }) => pair(finding.association)));
    return ({ finding }) => {
      const { workspaceId } = finding.workspace;
      const others = [...(snapshot.associations.get(workspaceId)?.values() ?? [])].filter(
        (association) =>
          mayAwaitDeployment(association) &&
          !ours.has(pair(association)) &&
          !isRemovedByAnother(workspaceId, association.applicationId),
      );
      return others.length === 0 ? undefined : { message: othersPendingMessage(others) };
    };
  },
};

/** A state that isn't known may stand for a pending change too. */
export function mayAwaitDeployment(association: Association): boolean {
  return awaitsDeployment(association) || !(ASSOCIATION_STATES as readonly string[]).includes(association.state ?? '');
}

export function othersPendingMessage(others: readonly Association[]): string {
  const listed = others.map(({ applicationId, state }) => `${applicationId} (${state ?? 'no state'})`).join(', ');
  return `a deployment would also carry out a pending change that no policy asked for: ${listed}; deploy it or take it back by hand`;
}

function pair({ workspaceId, applicationId }: Association): string {
  return `${workspaceId} ${applicationId}`;
}
