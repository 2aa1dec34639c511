import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';

/** Current associations of a WorkSpace by application. */
export type FreshAssociations = ReadonlyMap<string, Association>;

/** Receives the results of reads of single WorkSpaces, with the time of the request. */
export interface CacheSink {
  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void;
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void;
  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void;
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void;
}

/** A fleet to read from, and the cache that receives the results. */
export interface ReadThroughCache {
  readonly fleet: FleetReader;
  readonly inventory: CacheSink;
  readonly clock: Clock;
}

/** Reads the associations of a WorkSpace and updates the cache. Returns none if the WorkSpace doesn't exist. */
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

/** Reads WorkSpaces and updates the cache. Omits WorkSpaces that don't exist. */
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

/** Reads the tags of a WorkSpace and updates the cache. Returns none if the WorkSpace doesn't exist. */
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

/** Reads connections and updates the cache. A WorkSpace that AWS doesn't report gets a connection without a state. */
export async function readConnections(
  workspaceIDs: readonly string[],
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<ReadonlyMap<string, WorkspaceConnection>> {
  const askedAt = clock.now();
  const connections = await fleet.describeWorkspacesConnectionStatus(workspaceIDs);
  const reported = new Map(connections.map((connection) => [connection.workspaceID, connection]));
  const byId = new Map(workspaceIDs.map((workspaceID) => [workspaceID, reported.get(workspaceID) ?? { workspaceID }]));
  for (const connection of byId.values()) {
    inventory.observeConnection(connection, askedAt);
  }
  return byId;
}
