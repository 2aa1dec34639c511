import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader, Listed } from '../fleet/ports.ts';

/** Current associations of a WorkSpace by application. */
export type FreshAssociations = ReadonlyMap<string, Association>;

/** Reads of a single WorkSpace that can fail for this WorkSpace alone. */
export type SingleRead = 'associations' | 'tags';

/** A read that failed for its WorkSpace alone. */
export interface SingleFailure {
  /** Time of the request, in milliseconds since the epoch. */
  readonly at: number;
  readonly error: FleetError;
}

/** Receives the results of reads of single WorkSpaces, with the time of the request. */
export interface CacheSink {
  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void;
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void;
  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void;
  /** Drops tags that were read or are being read for the next changes, because a listing has returned all tags. */
  recordTagListing(): void;
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void;
  /** Records that a read failed for this WorkSpace alone, so that its result is unknown until the next read. */
  observeFailure(read: SingleRead, workspaceID: string, error: FleetError, askedAt: Date): void;
  /** Returns the failure of the last read, or undefined if it succeeded. */
  failureOf(read: SingleRead, workspaceID: string): SingleFailure | undefined;
}

/** A fleet to read from, and the cache that receives the results. */
export interface ReadThroughCache {
  readonly fleet: FleetReader;
  readonly inventory: CacheSink;
  readonly clock: Clock;
}

/** Reads the associations of a WorkSpace and updates the cache. Returns none if the WorkSpace doesn't exist or can't have associations. */
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
    if (error instanceof FleetError && (error.kind === 'ResourceNotFound' || error.kind === 'OperationNotSupported')) {
      inventory.observeAssociations(workspaceID, [], askedAt);
      if (error.kind === 'ResourceNotFound') {
        inventory.observeWorkspace(workspaceID, undefined, askedAt);
      }
      return new Map();
    }
    throw error;
  }
}

/**
 * Reads WorkSpaces and updates the cache. Omits WorkSpaces that don't exist. If the response contains items without a usable ID, the cache
 * keeps what it knows of the omitted WorkSpaces.
 */
export async function readWorkspaces(
  workspaceIDs: readonly string[],
  { fleet, inventory, clock }: ReadThroughCache,
): Promise<ReadonlyMap<string, Workspace>> {
  const askedAt = clock.now();
  const workspaces: Listed<Workspace> =
    workspaceIDs.length === 0 ? [] : await fleet.describeWorkspaces({ workspaceIDs });
  const byId = new Map(workspaces.map((workspace) => [workspace.workspaceID, workspace]));
  const isComplete = workspaces.unidentified === undefined;
  for (const workspaceID of workspaceIDs) {
    if (isComplete || byId.has(workspaceID)) {
      inventory.observeWorkspace(workspaceID, byId.get(workspaceID), askedAt);
    }
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
  const byId = new Map(
    workspaceIDs.map((workspaceID): [string, WorkspaceConnection] => [
      workspaceID,
      { readAt: askedAt, ...(reported.get(workspaceID) ?? { workspaceID }) },
    ]),
  );
  for (const connection of byId.values()) {
    inventory.observeConnection(connection, askedAt);
  }
  return byId;
}

/** Errors of a read of a single WorkSpace that don't show that other WorkSpaces can't be read. */
const SINGLE_FAILURES: ReadonlySet<FleetErrorKind> = new Set([
  'AccessDenied',
  'InvalidParameterValues',
  'OperationNotSupported',
  'InvalidResponse',
]);

/**
 * Runs a read of a single WorkSpace. If it fails for this WorkSpace alone, records that the result is unknown and resolves. Rejects with
 * other errors.
 */
export async function readSingly(
  read: SingleRead,
  workspaceID: string,
  { inventory, clock }: ReadThroughCache,
  call: () => Promise<unknown>,
): Promise<void> {
  const askedAt = clock.now();
  try {
    await call();
  } catch (error) {
    if (!(error instanceof FleetError) || !SINGLE_FAILURES.has(error.kind)) {
      throw error;
    }
    inventory.observeFailure(read, workspaceID, error, askedAt);
  }
}
