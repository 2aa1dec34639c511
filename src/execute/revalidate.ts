import { selects } from '../fleet/matching.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import { isDeployable, isProtected, mayBeConnected } from '../fleet/states.ts';
import {
  type FreshAssociations,
  readAssociations,
  readConnections,
  readTags,
  readWorkspaces,
} from '../inventory/readThrough.ts';
import { othersInDeployment, othersMessage } from '../plan/deployment.ts';
import { PROTECTED_MESSAGE } from '../plan/holds/protected.ts';
import { connectedMessage } from '../plan/holds/userConnected.ts';
import { notReadyMessage } from '../plan/holds/workspaceNotReady.ts';
import type { Change, HeldChange } from '../plan/plan.ts';
import { waitsForUsers } from '../policy/policy.ts';
import type { ExecuteContext } from './context.ts';

/** A WorkSpace as AWS has it at this moment. */
export interface FreshWorkspace {
  /** With its tags, and its connection where that matters; undefined if it is gone. */
  readonly workspace: Workspace | undefined;
  readonly associations: FreshAssociations;
}

/** Reads everything that a change of a WorkSpace rests on. */
export async function readFresh(workspaceID: string, context: ExecuteContext): Promise<FreshWorkspace> {
  const [workspaces, tags, connection, associations] = await Promise.all([
    readWorkspaces([workspaceID], context),
    readTags(workspaceID, context),
    connectionOf(workspaceID, context),
    readAssociations(workspaceID, context),
  ]);
  const workspace = workspaces.get(workspaceID);
  return { workspace: workspace && { ...workspace, tags, connection }, associations };
}

/** Reads again, right before the deployment, what may have changed since: the associations, and who is connected. */
export async function rereadBeforeDeploy(
  { workspace }: FreshWorkspace,
  workspaceID: string,
  context: ExecuteContext,
): Promise<FreshWorkspace> {
  const [connection, associations] = await Promise.all([
    connectionOf(workspaceID, context),
    readAssociations(workspaceID, context),
  ]);
  return { workspace: workspace && { ...workspace, connection }, associations };
}

async function connectionOf(workspaceID: string, context: ExecuteContext) {
  return restsOnConnection(context) ? (await readConnections([workspaceID], context)).get(workspaceID) : undefined;
}

/** Whether it matters who is connected, or when somebody last was. */
function restsOnConnection({ policy, policies }: ExecuteContext): boolean {
  return (
    waitsForUsers(policy) ||
    policies.some(({ workspaceSelector }) => workspaceSelector.lastConnectedBefore !== undefined)
  );
}

/** What a look shows to be in the way of changes that its plan still saw a way for; undefined if nothing is. */
export function revalidate(
  { workspace, associations }: FreshWorkspace,
  deploying: readonly Change[],
  context: ExecuteContext,
): Pick<HeldChange, 'reason' | 'message'> | undefined {
  const { policy, isClaimedByOther } = context;
  const ours = new Set(deploying.map(({ finding }) => finding.association.applicationID));
  const force = deploying.some((change) => change.force);
  const isAnothers = (association: Association) => isClaimedByOther(association, workspace);
  const others =
    deploying.length === 0 ? [] : othersInDeployment(associations.values(), force, ours, isAnothers, policy);
  if (workspace !== undefined && isProtected(workspace)) {
    return { reason: 'Protected', message: PROTECTED_MESSAGE };
  }
  if (others.length > 0) {
    return { reason: 'UnmanagedChangesPending', message: othersMessage(others) };
  }
  if (workspace !== undefined && waitsForUsers(policy) && mayBeConnected(workspace)) {
    return { reason: 'UserConnected', message: connectedMessage(workspace.connection?.connectionState) };
  }
  return isDeployable(workspace?.state)
    ? undefined
    : { reason: 'WorkspaceNotReady', message: notReadyMessage(workspace?.state) };
}

/** Whether the policies still ask for a change of what the look shows; a reason for people if they don't. */
export function obsoleteReason(
  { workspace }: FreshWorkspace,
  { finding }: Change,
  { policy, evaluate, clock }: ExecuteContext,
): string | undefined {
  if (workspace === undefined || !selects(policy.workspaceSelector, workspace, clock.now())) {
    return workspace === undefined ? 'the WorkSpace is gone' : 'the policy no longer selects the WorkSpace';
  }
  const evaluation = evaluate(workspace, finding.application);
  return evaluation?.desired === finding.desired && evaluation?.verdict === finding.verdict
    ? undefined
    : `the policies no longer ask for it: ${evaluation?.because ?? 'no list names it'}`;
}
