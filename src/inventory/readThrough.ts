import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';

/** A WorkSpace's associations, by application, as AWS has them at this moment. */
export type FreshAssociations = ReadonlyMap<string, Association>;

/** Learns what was read of single WorkSpaces, as of when it was asked for. */
export interface CacheSink {
  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void;
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void;
  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void;
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void;
}

/** Where to read, and who else is to know. */
export interface ReadThroughCache {
  readonly fleet: FleetReader;
  readonly inventory: CacheSink;
  readonly clock: Clock;
}

/** Reads a WorkSpace's associations and shares what it saw; none if the WorkSpace is gone. */
export async function readAssociations(
  workspaceID: string,
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<FreshAssociations> {
  const askedAt = clock.now();
  try {
    const associations = await fleet.describeWorkspaceAssociations(workspaceID);
    inventory.observeAssociations(workspaceID, associations, askedAt);
    return new Map(associations.map((association) => [association.applicationID, association]));
  } catch (error) {
    if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
      inventory.observeAssociations(workspaceID, [], askedAt);
      inventory.observeWorkspace(workspaceID, undefined, askedAt);
      return new Map();
    }
    throw error;
  }
}

/** Reads WorkSpaces and shares what it saw; those that are gone are missing. */
export async function readWorkspaces(
  workspaceIDs: readonly string[],
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<ReadonlyMap<string, Workspace>> {
  const askedAt = clock.now();
  const workspaces = workspaceIDs.length === 0 ? [] : await fleet.describeWorkspaces({ workspaceIDs });
  const byId = new Map(workspaces.map((workspace) => [workspace.workspaceID, workspace]));
  for (const workspaceID of workspaceIDs) {
    inventory.observeWorkspace(workspaceID, byId.get(workspaceID), askedAt);
  }
  return byId;
}

/** Reads a WorkSpace's tags and shares what it saw; none if the WorkSpace is gone. */
export async function readTags(
  workspaceID: string,
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<ReadonlyMap<string, string>> {
  const askedAt = clock.now();
  try {
    const tags = await fleet.describeTags(workspaceID);
    inventory.observeTags(workspaceID, tags, askedAt);
    return tags;
  } catch (error) {
    if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
      inventory.observeWorkspace(workspaceID, undefined, askedAt);
      return new Map();
    }
    throw error;
  }
}

/** Reads who is connected and shares what it saw; of those that AWS says nothing about, that. */
export async function readConnections(
  workspaceIDs: readonly string[],
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<ReadonlyMap<string, WorkspaceConnection>> {
  const askedAt = clock.now();
  const connections = await fleet.describeWorkspacesConnectionStatus(workspaceIDs);
  const sink = new Map(connections.map((connection) => [connection.workspaceID, connection]));
  const byId = new Map(workspaceIDs.map((workspaceID) => [workspaceID, sink.get(workspaceID) ?? { workspaceID }]));
  for (const connection of byId.values()) {
    inventory.observeConnection(connection, askedAt);
  }
  return byId;
}
