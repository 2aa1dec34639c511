import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Inventory } from '../fleet/inventory.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';

/** A WorkSpace's associations, by application, as AWS has them at this moment. */
export type FreshAssociations = ReadonlyMap<string, Association>;

interface Sources {
  readonly fleet: FleetReader;
  readonly inventory: Inventory;
  readonly clock: Clock;
}

/** Reads a WorkSpace's associations and shares what it saw; none if the WorkSpace is gone. */
export async function readAssociations(
  workspaceId: string,
  { fleet, inventory, clock }: Sources,
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

/** Reads a WorkSpace and shares what it saw; undefined if it is gone. */
export async function readWorkspace(
  workspaceId: string,
  { fleet, inventory, clock }: Sources,
): Promise<Workspace | undefined> {
  const askedAt = clock.now();
  const [workspace] = await fleet.describeWorkspaces({ workspaceIds: [workspaceId] });
  inventory.observeWorkspace(workspaceId, workspace, askedAt);
  return workspace;
}

/** What a change came to: it was made, or there was no longer anything to make. */
export type Came = 'Made' | 'Moot';

/**
 * After an answer that was lost, or that says the world has moved, a read tells what has become of the change; rethrows the error if
 * nothing has. So the same call is never sent twice for the same state.
 */
export async function reachedAnyway(
  error: unknown,
  workspaceId: string,
  sources: Sources,
  reached: (fresh: FreshAssociations) => boolean,
): Promise<Came> {
  if (error instanceof FleetError) {
    const mayHaveHappened = error.kind === 'Unavailable' || error.kind === 'InvalidResponse';
    if (
      (mayHaveHappened || error.kind === 'ResourceNotFound') &&
      reached(await readAssociations(workspaceId, sources))
    ) {
      return mayHaveHappened ? 'Made' : 'Moot';
    }
  }
  throw error;
}
