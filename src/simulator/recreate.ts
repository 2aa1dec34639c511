import { operationNotSupported } from './errors.ts';
import { enter } from './lifecycle.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedWorkspace } from './simulatedResources.ts';
import { createSoftware, takeDueSnapshot } from './software.ts';

/** States in which AWS accepts RebuildWorkspaces, RestoreWorkspace, and MigrateWorkspace. Source: the API reference. */
const REBUILDABLE_STATES = ['AVAILABLE', 'ERROR', 'UNHEALTHY', 'STOPPED', 'REBOOTING'];
const RESTORABLE_STATES = ['AVAILABLE', 'ERROR', 'UNHEALTHY', 'STOPPED'];
const MIGRATABLE_STATES = ['AVAILABLE', 'STOPPED', 'ERROR'];

/** Starts a rebuild: the root volume is recreated from the bundle. */
export function rebuildWorkspace(fleet: SimulatedFleet, workspaceID: string, now: number): void {
  const workspace = fleet.workspace(workspaceID);
  assertState(workspace, REBUILDABLE_STATES, 'rebuilt');
  const { applications } = fleet.bundle(workspace.bundleID);
  disconnect(workspace, now);
  fleet.recreate(workspace, 'REBUILDING', {
    kind: 'Rebuild',
    endsAt: now + fleet.durations.rebuilding,
    applications,
  });
}

/** Starts a restore: both volumes return to the last snapshot, and the associations stay unchanged. */
export function restoreWorkspace(fleet: SimulatedFleet, workspaceID: string, now: number): void {
  const workspace = fleet.workspace(workspaceID);
  assertState(workspace, RESTORABLE_STATES, 'restored');
  takeDueSnapshot(workspace.software, now, fleet.durations.snapshots);
  disconnect(workspace, now);
  fleet.recreate(workspace, 'RESTORING', { kind: 'Restore', endsAt: now + fleet.durations.restoring });
}

/** Replaces a WorkSpace with one that has a new ID and the applications of another bundle. */
export function migrateWorkspace(
  fleet: SimulatedFleet,
  workspaceID: string,
  target: { readonly workspaceID: string; readonly bundleID: string },
  now: number,
): void {
  const workspace = fleet.workspace(workspaceID);
  assertState(workspace, MIGRATABLE_STATES, 'migrated');
  const { bundleID, computeTypeName, applications } = fleet.bundle(target.bundleID);
  const associations = applications.map((applicationID) =>
    enter({ workspaceID: target.workspaceID, applicationID, state: 'COMPLETED' }, now, fleet.durations),
  );
  const migrated: SimulatedWorkspace = {
    ...workspace,
    workspaceID: target.workspaceID,
    bundleID,
    computeTypeName,
    connection: 'DISCONNECTED',
    lastConnected: undefined,
    connectionCheck: undefined,
    isConnectionChecked: true,
    software: createSoftware(applications, now),
    associations: new Map(associations.map((association) => [association.applicationID, association])),
  };
  fleet.removeWorkspace(workspaceID);
  fleet.add(migrated);
  fleet.recreate(migrated, 'PENDING', { kind: 'Create', endsAt: now + fleet.durations.migrating });
}

function disconnect(workspace: SimulatedWorkspace, now: number): void {
  if (workspace.connection === 'CONNECTED') {
    workspace.connection = 'DISCONNECTED';
    workspace.lastConnected = now;
  }
}

function assertState({ workspaceID, state }: SimulatedWorkspace, allowed: readonly string[], done: string): void {
  if (!allowed.includes(state)) {
    throw operationNotSupported(`The WorkSpace ${workspaceID} is ${state} and can't be ${done}.`);
  }
}
