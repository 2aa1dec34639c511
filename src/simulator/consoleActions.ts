import type { ConsoleAction } from './eventBus.ts';
import type { SimulatedWorkspace } from './simulatedResources.ts';

/**
 * Returns the calls by which a console user brings an association into a state. A deployment follows unless the state is one that waits for
 * it.
 */
export function associationActions(workspaceID: string, applicationID: string, state: string): ConsoleAction[] {
  const isRemoval = state === 'REMOVED' || state.includes('UNINSTALL');
  const operation = isRemoval ? 'DisassociateWorkspaceApplication' : 'AssociateWorkspaceApplication';
  const input = { WorkspaceId: workspaceID, ApplicationId: applicationID };
  const recorded: ConsoleAction = { operation, input };
  const deployed: ConsoleAction = { operation: 'DeployWorkspaceApplications', input: { WorkspaceId: workspaceID } };
  return state.endsWith('_DEPLOYMENT') ? [recorded] : [recorded, deployed];
}

/** Returns the calls of a console user, and the login, that change a WorkSpace. Changes that no call makes have none. */
export function workspaceActions(
  before: Readonly<SimulatedWorkspace>,
  changes: Partial<Pick<SimulatedWorkspace, 'state' | 'connection' | 'tags'>>,
): ConsoleAction[] {
  const { workspaceID, directoryID } = before;
  const actions: ConsoleAction[] = [];
  const operation = changes.state === undefined ? undefined : stateOperation(before.state, changes.state);
  if (operation === 'ModifyWorkspaceState') {
    actions.push({ operation, input: { WorkspaceId: workspaceID, WorkspaceState: changes.state } });
  } else if (operation !== undefined) {
    const list = operation.replace(/s$/, 'Requests');
    actions.push({ operation, input: { [list]: [{ WorkspaceId: workspaceID }] }, output: { FailedRequests: [] } });
  }
  if (changes.tags !== undefined) {
    const { tags } = changes;
    const removed = Object.keys(before.tags).filter((key) => !Object.hasOwn(tags, key));
    const set = Object.entries(tags).filter(([key, value]) => before.tags[key] !== value);
    if (removed.length > 0) {
      actions.push({ operation: 'DeleteTags', input: { ResourceId: workspaceID, TagKeys: removed } });
    }
    if (set.length > 0) {
      const Tags = set.map(([Key, Value]) => ({ Key, Value }));
      actions.push({ operation: 'CreateTags', input: { ResourceId: workspaceID, Tags } });
    }
  }
  if (changes.connection === 'CONNECTED' && before.connection !== 'CONNECTED') {
    actions.push({ login: { workspaceID, directoryID } });
  }
  return actions;
}

function stateOperation(before: string, after: string): string | undefined {
  const isStopped = (state: string) => state === 'STOPPED' || state === 'STOPPING';
  if (after === before) {
    return undefined;
  }
  if (after === 'ADMIN_MAINTENANCE' || (before === 'ADMIN_MAINTENANCE' && after === 'AVAILABLE')) {
    return 'ModifyWorkspaceState';
  }
  if (isStopped(after)) {
    return isStopped(before) ? undefined : 'StopWorkspaces';
  }
  if (isStopped(before) && (after === 'AVAILABLE' || after === 'STARTING')) {
    return 'StartWorkspaces';
  }
  return after === 'REBOOTING' ? 'RebootWorkspaces' : undefined;
}
