import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import type { Association, Workspace } from './model.ts';
import type { FleetReader } from './ports.ts';

/** A WorkSpace's associations, by application, as AWS has them at this moment. */
export type FreshAssociations = ReadonlyMap<string, Association>;

/** Learns what was read of single WorkSpaces, as of when it was asked for. */
export interface Observer {
  observeAssociations(workspaceId: string, associations: readonly Association[], askedAt: Date): void;
  observeWorkspace(workspaceId: string, workspace: Workspace | undefined, askedAt: Date): void;
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
