import { othersInDeployment, othersMessage } from '../deployment.ts';
import type { Change } from '../plan.ts';
import { backOffOf } from './backingOff.ts';
import type { Hold } from './hold.ts';
import { refusalOf } from './refused.ts';

/**
 * A deployment carries out every pending change of its WorkSpace, so a removal waits while one is pending that no policy asked for:
 * it could take away what nobody meant to take away.
 */
export const othersPendingChanges: Hold = {
  reason: 'OthersPendingChanges',
  prepare: (plan, context) => {
    const { policy, snapshot, isDeployedByAnother } = context;
    if (policy.deploy === 'Manual') {
      return () => undefined;
    }
    const goesNow = (change: Change) => (backOffOf(change, context) ?? refusalOf(change, context)) === undefined;
    const going = Map.groupBy(plan.changes.filter(goesNow), ({ finding }) => finding.workspace.workspaceId);
    return (change) => {
      const { workspaceId } = change.finding.workspace;
      const ours = going.get(workspaceId) ?? [];
      const others = othersInDeployment(
        snapshot.associations.get(workspaceId)?.values() ?? [],
        ours.some(({ force }) => force),
        new Set([change, ...ours].map(({ finding }) => finding.association.applicationId)),
        isDeployedByAnother,
        policy,
      );
      return others.length === 0 ? undefined : { message: othersMessage(others) };
    };
  },
};
