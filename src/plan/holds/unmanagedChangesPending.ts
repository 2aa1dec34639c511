import type { Association } from '../../fleet/model.ts';
import { mayBeDeployed, othersInDeployment, othersMessage } from '../deployment.ts';
import type { Change } from '../plan.ts';
import { backOffOf } from './backingOff.ts';
import type { Hold } from './hold.ts';
import { refusalOf } from './rejected.ts';

/**
 * A deployment carries out every pending change of its WorkSpace, so a removal waits while one is pending that no policy asked for:
 * it could take away what nobody meant to take away.
 */
export const unmanagedChangesPending: Hold = {
  reason: 'UnmanagedChangesPending',
  prepare: (plan, context) => {
    const { policy, snapshot, isClaimedByOther } = context;
    if (policy.deploy === 'Manual') {
      return undefined;
    }
    const goesNow = (change: Change) => (backOffOf(change, context) ?? refusalOf(change, context)) === undefined;
    const changesOn = once(() => Map.groupBy(plan.changes, ({ finding }) => finding.workspace.workspaceID));
    return (change) => {
      const { workspaceID } = change.finding.workspace;
      const associations = snapshot.associations.get(workspaceID);
      if (associations === undefined || !hasOther(associations, change.finding.association)) {
        return undefined;
      }
      const all = changesOn().get(workspaceID) ?? [];
      // What waits for more than this hold carries nothing out now, so that all that the policy asks for counts as its own.
      const ours = goesNow(change) ? all.filter(goesNow) : all;
      const others = othersInDeployment(
        associations.values(),
        ours.some(({ force }) => force),
        new Set(ours.map(({ finding }) => finding.association.applicationID)),
        isClaimedByOther,
        policy,
      );
      return others.length === 0 ? undefined : { message: othersMessage(others) };
    };
  },
};

/** Whether a deployment may carry out more than one change. Most WorkSpaces have none, and are many. */
function hasOther(associations: ReadonlyMap<string, Association>, { applicationID }: Association): boolean {
  for (const other of associations.values()) {
    if (other.applicationID !== applicationID && mayBeDeployed(other)) {
      return true;
    }
  }
  return false;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
