import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import type { Association, Workspace, WorkspaceConnection } from './model.ts';
import type { FleetReader } from './ports.ts';

/** A WorkSpace's associations, by application, as AWS has them at this moment. */
export type FreshAssociations = ReadonlyMap<string, Association>;

/** Learns what was read of single WorkSpaces, as of when it was asked for. */
export interface Observer {
  observeAssociations(workspaceId: string, associations: readonly Association[], askedAt: Date): void;
  observeWorkspace(workspaceId: string, workspace: Workspace | undefined, askedAt: Date): void;
  observeTags(workspaceId: string, tags: ReadonlyMap<string, string>, askedAt: Date): void;
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void;
}

/** Where to read, and who else is to know. */
export interface FreshSource {
  readonly fleet: FleetReader;
  readonly inventory: Observer;
  readonly clock: Clock;
}

/** Reads a WorkSpace's associations and shares what it saw; none if the WorkSpace is gone. */
export async function readAssociations(
  workspaceId: string,
  { fleet, inventory, clock }: FreshSource,
): Promise<FreshAssociations> {
  const askedAt = clock.now();
  try {
    const associations = await fleet.describeWorkspaceAssociations(workspaceId);
    inventory.observeAssociations(workspaceId, associations, askedAt);
    return new Map(associations.map((association) => [association.applicationId, association]));
  } catch (error) {
    if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
      inventory.observeAssociations(workspaceId, [], askedAt);
      inventory.observeWorkspace(workspaceId, undefined, askedAt);
      return new Map();
    }
    throw error;
  }
}

/** Reads WorkSpaces and shares what it saw; those that are gone are missing. */
export async function readWorkspaces(
  workspaceIds: readonly string[],
  { fleet, inventory, clock }: FreshSource,
): Promise<ReadonlyMap<string, Workspace>> {
  const askedAt = clock.now();
  const workspaces = workspaceIds.length === 0 ? [] : await fleet.describeWorkspaces({ workspaceIds });
  const byId = new Map(workspaces.map((workspace) => [workspace.workspaceId, workspace]));
  for (const workspaceId of workspaceIds) {
    inventory.observeWorkspace(workspaceId, byId.get(workspaceId), askedAt);
  }
  return byId;
}

/** Reads a WorkSpace's tags and shares what it saw; none if the WorkSpace is gone. */
export async function readTags(
  workspaceId: string,
  { fleet, inventory, clock }: FreshSource,
): Promise<ReadonlyMap<string, string>> {
  const askedAt = clock.now();
  try {
    const tags = await fleet.describeTags(workspaceId);
    inventory.observeTags(workspaceId, tags, askedAt);
    return tags;
  } catch (error) {
    if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
      inventory.observeWorkspace(workspaceId, undefined, askedAt);
      return new Map();
    }
    throw error;
  }
}

/** Reads who is connected and shares what it saw; of those that AWS says nothing about, that. */
export async function readConnections(
  workspaceIds: readonly string[],
  { fleet, inventory, clock }: FreshSource,
): Promise<ReadonlyMap<string, WorkspaceConnection>> {
  const askedAt = clock.now();
  const connections = await fleet.describeWorkspacesConnectionStatus(workspaceIds);
  const told = new Map(connections.map((connection) => [connection.workspaceId, connection]));
  const byId = new Map(workspaceIds.map((workspaceId) => [workspaceId, told.get(workspaceId) ?? { workspaceId }]));
  for (const connection of byId.values()) {
    inventory.observeConnection(connection, askedAt);
  }
  return byId;
}
