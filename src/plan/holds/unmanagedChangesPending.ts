import type { Application, Association } from '../../fleet/model.ts';
import { someState } from '../../inventory/associationTable.ts';
import { applicationIn } from '../../inventory/snapshot.ts';
import { mayBeDeployed, othersInDeployment } from '../deployment.ts';
import type { IsPartial } from '../partialReplacements.ts';
import type { Change, Plan } from '../plan.ts';
import { othersMessage } from '../requester.ts';
import { backOffOf } from './backingOff.ts';
import type { Hold } from './hold.ts';
import { rejectionOf } from './rejected.ts';

/**
 * A deployment carries out all pending changes of a WorkSpace, so a change waits while another change is pending that no policy requests,
 * or that its policy doesn't deploy now. The deployment could otherwise remove an application that no policy denies.
 */
export const unmanagedChangesPending: Hold = {
  reason: 'UnmanagedChangesPending',
  meaning:
    'Another change is pending on the WorkSpace, and a deployment would carry it out as well. Either no policy requests it, or the policy that requests it does not deploy it now, for example, because it has `deploy: Manual` or its maintenance window is closed. The message says which.',
  endsWhen:
    'The other policy deploys the change, the operator reverts a change that it began, someone deploys or reverts the change manually, or `safeguards.unmanagedPendingChanges` is `Deploy`.',
  prepare: (plan, context) => {
    const { policy, snapshot, isClaimedByOther, isAbandoned, isPartial, hasStarter, requesterOf, now } = context;
    if (policy.deploy === 'Manual') {
      return undefined;
    }
    const isDueNow = (change: Change) => (backOffOf(change, context) ?? rejectionOf(change, context)) === undefined;
    const positions = once(() => positionsByWorkspace(plan));
    return (change) => {
      const { workspace } = change.finding;
      const { workspaceID } = workspace;
      const associations = snapshot.associations.get(workspaceID);
      if (associations === undefined || !hasOther(associations, change.finding.application)) {
        return undefined;
      }
      const all = (positions().get(workspaceID) ?? []).flatMap((position) => plan.changes.at(position) ?? []);
      // A change that another hold delays deploys nothing now, so all requested changes of the policy count as its own.
      const ours = isDueNow(change) ? all.filter(isDueNow) : all;
      const isAbandonedHere = (one: Association) =>
        isAbandoned(one, workspace, applicationIn(snapshot, one.applicationID));
      const others = othersInDeployment(
        associations.values(),
        ours.some(({ force }) => force),
        new Set(ours.map(({ finding }) => finding.application.applicationID)),
        (one) => isClaimedByOther(one) && !isPartial(one, workspace),
        (one) => isAbandonedHere(one) || isPartial(one, workspace),
        policy,
      ).filter((one) => !isCounterpart(one, change, isPartial));
      const described = others.map((association) => {
        const requester = requesterOf(association, workspace);
        const isReverted = requester === undefined && hasStarter(association) && isAbandonedHere(association);
        return { association, requester, isReverted };
      });
      return others.length === 0 ? undefined : othersMessage(described, policy, now);
    };
  },
};

/**
 * Whether another pending change is the other part of a replacement that several policies make. It doesn't delay the association or the
 * disassociation, only the deployment.
 */
function isCounterpart(other: Association, { action, finding }: Change, isPartial: IsPartial): boolean {
  const { workspace, application, replacement } = finding;
  return action === 'Associate'
    ? isPartial(other, workspace, application)
    : action === 'Disassociate' &&
        replacement?.installed.some(({ applicationID }) => applicationID === other.applicationID) === true;
}

/** Whether a deployment may carry out more than one change. Fast path: most WorkSpaces have no other change. */
function hasOther(associations: ReadonlyMap<string, Association>, { applicationID }: Application): boolean {
  if (!someState(associations, mayBeDeployed)) {
    return false;
  }
  for (const other of associations.values()) {
    if (other.applicationID !== applicationID && mayBeDeployed(other)) {
      return true;
    }
  }
  return false;
}

/** Returns the positions of the changes by WorkSpace. They take less memory than the changes. */
function positionsByWorkspace({ changes }: Plan): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  for (const [position, { finding }] of changes.entries()) {
    const { workspaceID } = finding.workspace;
    const known = positions.get(workspaceID) ?? [];
    positions.set(workspaceID, known);
    known.push(position);
  }
  return positions;
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}
