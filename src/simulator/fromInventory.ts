import type { InventoryFile, WorkspaceEntry } from '../inventory/inventoryFile.ts';
import type { SeedDocument, WorkspaceDocument } from './seedDocument.ts';

const HOUR_MS = 3_600_000;

/** Returns a seed that reproduces an inventory, for rehearsals. Members that the inventory omits get default values. */
export function seedOfInventory({ metadata, applications, workspaces, bundles = [] }: InventoryFile): SeedDocument {
  const { accountID, region, takenAt } = metadata;
  const known = new Set(applications.map(({ applicationID }) => applicationID));
  const unlisted = new Set([
    ...workspaces.flatMap(({ associations = [] }) => associations.map(({ applicationID }) => applicationID)),
    ...bundles.flatMap(({ applicationIDs }) => applicationIDs),
  ]).difference(known);
  return {
    ...(accountID !== undefined && { accountID }),
    ...(region !== undefined && { region }),
    applications: [
      ...applications.map(({ applicationID, name = applicationID, owner, state, ...supported }) => ({
        applicationID,
        name,
        ...(owner !== undefined && { owner }),
        ...(state !== undefined && { state: state as 'AVAILABLE' }),
        ...supportedIn(supported),
      })),
      ...[...unlisted].map((applicationID) => ({ applicationID, name: applicationID })),
    ],
    workspaces: workspaces.map((workspace) => workspaceOf(workspace, takenAt)),
    // The file doesn't distinguish the applications of a bundle from those of its image.
    bundles: bundles.map(({ bundleID, imageID, applicationIDs }) => ({
      bundleID,
      ...(imageID !== undefined && { imageID }),
      applications: [...applicationIDs],
    })),
    images: [...new Set(bundles.flatMap(({ imageID }) => imageID ?? []))].map((imageID) => ({ imageID })),
  };
}

function workspaceOf(workspace: WorkspaceEntry, takenAt: string | undefined): WorkspaceDocument {
  const {
    workspaceID,
    userName = workspaceID,
    state,
    runningMode,
    tags,
    connectionState,
    associations = [],
  } = workspace;
  const { directoryID = 'd-0000000000', bundleID = 'wsb-00000000', computeTypeName, operatingSystemName } = workspace;
  const lastConnectedAgo = durationBetween(workspace.lastKnownUserConnectionTimestamp, takenAt);
  return {
    workspaceID,
    userName,
    directoryID,
    bundleID,
    ...(computeTypeName !== undefined && { computeTypeName }),
    ...(operatingSystemName !== undefined && { operatingSystemName }),
    ...(state !== undefined && { state }),
    ...(runningMode !== undefined && { runningMode }),
    ...(tags !== undefined && { tags }),
    ...(connectionState !== undefined && { connection: connectionState }),
    ...(lastConnectedAgo !== undefined && { lastConnectedAgo }),
    applications: associations.map(({ applicationID, state: associationState = 'COMPLETED', stateReason }) => ({
      applicationID,
      state: associationState as 'COMPLETED',
      ...(stateReason !== undefined && {
        stateReason: stateReason as { errorCode: 'DeploymentError.InternalServerError' },
      }),
    })),
  };
}

function supportedIn({
  supportedComputeTypeNames,
  supportedOperatingSystemNames,
}: Pick<InventoryFile['applications'][number], 'supportedComputeTypeNames' | 'supportedOperatingSystemNames'>) {
  return {
    ...(supportedComputeTypeNames !== undefined && { supportedComputeTypeNames }),
    ...(supportedOperatingSystemNames !== undefined && { supportedOperatingSystemNames }),
  };
}

function durationBetween(timestamp: string | undefined, takenAt: string | undefined): string | undefined {
  const since = Date.parse(takenAt ?? '') - Date.parse(timestamp ?? '');
  return Number.isNaN(since) ? undefined : `${Math.max(0, Math.floor(since / HOUR_MS))}h`;
}
