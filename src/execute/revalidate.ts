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
import { othersInDeployment } from '../plan/deployment.ts';
import { PROTECTED_MESSAGE } from '../plan/holds/protected.ts';
import { connectedMessage } from '../plan/holds/userConnected.ts';
import { notReadyMessage } from '../plan/holds/workspaceNotReady.ts';
import type { Change, HeldChange } from '../plan/plan.ts';
import { othersMessage } from '../plan/requester.ts';
import { waitsForUsers } from '../policy/policy.ts';
import type { ExecuteContext } from './context.ts';

/** The current state of a WorkSpace. */
export interface FreshWorkspace {
  /** WorkSpace with its tags, and with its connection if it is required. Undefined if it doesn't exist. */
  readonly workspace: Workspace | undefined;
  readonly associations: FreshAssociations;
}

/** Reads everything that the changes of a WorkSpace depend on. */
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

/** Reads the associations and the connection again directly before a deployment. */
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
  return needsConnection(context) ? (await readConnections([workspaceID], context)).get(workspaceID) : undefined;
}

/** Whether changes depend on the connection of the user. */
function needsConnection({ policy, policies }: ExecuteContext): boolean {
  return (
    waitsForUsers(policy) ||
    policies.some(({ workspaceSelector }) => workspaceSelector.lastConnectedBefore !== undefined)
  );
}

/** Returns the hold that applies to changes according to a fresh read, or undefined if there is none. */
export function revalidate(
  { workspace, associations }: FreshWorkspace,
  deploying: readonly Change[],
  context: ExecuteContext,
): Pick<HeldChange, 'reason' | 'message' | 'unredacted'> | undefined {
  const { policy, isClaimedByOther, requesterOf, clock } = context;
  const ours = new Set(deploying.map(({ finding }) => finding.association.applicationID));
  const force = deploying.some((change) => change.force);
  const isClaimed = (association: Association) => isClaimedByOther(association, workspace);
  const others =
    deploying.length === 0 ? [] : othersInDeployment(associations.values(), force, ours, isClaimed, policy);
  if (workspace !== undefined && isProtected(workspace)) {
    return { reason: 'Protected', message: PROTECTED_MESSAGE };
  }
  if (others.length > 0) {
    const requested = others.map((association) => ({
      association,
      requester: workspace && requesterOf(association, workspace),
    }));
    return { reason: 'UnmanagedChangesPending', ...othersMessage(requested, policy, clock.now()) };
  }
  if (workspace !== undefined && waitsForUsers(policy) && mayBeConnected(workspace)) {
    return { reason: 'UserConnected', message: connectedMessage(workspace.connection?.connectionState) };
  }
  return isDeployable(workspace?.state)
    ? undefined
    : { reason: 'WorkspaceNotReady', message: notReadyMessage(workspace?.state) };
}

/** Returns why a change is obsolete according to a fresh read, for the log, or undefined if the policies still request it. */
export function obsoleteReason(
  { workspace }: FreshWorkspace,
  { finding }: Change,
  { policy, evaluate, clock }: ExecuteContext,
): string | undefined {
  if (workspace === undefined || !selects(policy.workspaceSelector, workspace, clock.now())) {
    return workspace === undefined ? 'the WorkSpace no longer exists' : 'the policy no longer selects the WorkSpace';
  }
  const evaluation = evaluate(workspace, finding.application);
  return evaluation?.desired === finding.desired && evaluation?.verdict === finding.verdict
    ? undefined
    : `the policies no longer request the change: ${evaluation?.unredacted ?? evaluation?.because ?? 'no list names the application'}`;
}
