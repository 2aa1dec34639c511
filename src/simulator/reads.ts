import type {
  DescribeApplicationAssociationsRequest,
  DescribeApplicationsRequest,
  DescribeTagsRequest,
  DescribeWorkspaceAssociationsRequest,
  DescribeWorkspacesConnectionStatusRequest,
  DescribeWorkspacesRequest,
} from '@aws-sdk/client-workspaces';
import { compareBy } from '../compare.ts';
import { invalidParameterValues, operationNotSupported } from './errors.ts';
import { paginate } from './pages.ts';
import { applicationSide, epochSeconds, presentApplication, presentWorkspace, workspaceSide } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

/**
 * Lists WorkSpaces by at most one filter: IDs (unknown ones are omitted), directory with an optional user, bundle, or
 * name.
 */
export function describeWorkspaces(fleet: SimulatedFleet, input: DescribeWorkspacesRequest): JsonObject {
  const { WorkspaceIds, DirectoryId, UserName, BundleId, WorkspaceName } = input;
  const filters = [WorkspaceIds, DirectoryId, BundleId, WorkspaceName].filter((filter) => filter !== undefined);
  if (filters.length > 1) {
    throw invalidParameterValues('Only one of WorkspaceIds, DirectoryId, BundleId, and WorkspaceName is allowed.');
  }
  if (UserName !== undefined && DirectoryId === undefined) {
    throw invalidParameterValues('UserName requires a DirectoryId.');
  }
  const found = fleet.workspaces.filter(
    (workspace) =>
      (WorkspaceIds?.includes(workspace.workspaceID) ?? true) &&
      (DirectoryId ?? workspace.directoryID) === workspace.directoryID &&
      (UserName ?? workspace.userName) === workspace.userName &&
      (BundleId ?? workspace.bundleID) === workspace.bundleID &&
      (WorkspaceName ?? workspace.computerName) === workspace.computerName,
  );
  return paginate('DescribeWorkspaces', { ...input }, found, ({ workspaceID }) => workspaceID, presentWorkspace);
}

/** Lists the connection status of WorkSpaces. AWS returns UNKNOWN for a stopped one. */
export function describeWorkspacesConnectionStatus(
  fleet: SimulatedFleet,
  input: DescribeWorkspacesConnectionStatusRequest,
  now: number,
): JsonObject {
  const found = fleet.workspaces.filter(({ workspaceID }) => input.WorkspaceIds?.includes(workspaceID) ?? true);
  return paginate(
    'DescribeWorkspacesConnectionStatus',
    { ...input },
    found,
    ({ workspaceID }) => workspaceID,
    ({ workspaceID, state, connection, lastConnected }) => {
      const connectionState = state === 'STOPPED' ? 'UNKNOWN' : connection;
      const lastKnown = connectionState === 'CONNECTED' ? now : lastConnected;
      const status: JsonObject = {
        WorkspaceId: workspaceID,
        ConnectionState: connectionState,
        ConnectionStateCheckTimestamp: epochSeconds(now),
      };
      if (lastKnown !== undefined) {
        status.LastKnownUserConnectionTimestamp = epochSeconds(lastKnown);
      }
      return status;
    },
  );
}

export function describeTags(fleet: SimulatedFleet, { ResourceId }: DescribeTagsRequest): JsonObject {
  const { tags } = fleet.workspace(ResourceId ?? '');
  return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

export function describeApplications(fleet: SimulatedFleet, input: DescribeApplicationsRequest): JsonObject {
  const { ApplicationIds, ComputeTypeNames, LicenseType, OperatingSystemNames, Owner } = input;
  const found = fleet.applications.filter(
    (application) =>
      (ApplicationIds?.includes(application.applicationID) ?? true) &&
      (LicenseType ?? application.licenseType) === application.licenseType &&
      (Owner ?? application.owner) === application.owner &&
      overlaps(ComputeTypeNames, application.supportedComputeTypeNames) &&
      overlaps(OperatingSystemNames, application.supportedOperatingSystemNames),
  );
  const idOf = ({ applicationID }: { applicationID: string }) => applicationID;
  return paginate('DescribeApplications', { ...input }, found, idOf, presentApplication);
}

/** Lists the associations of a WorkSpace in one response because AWS doesn't page this operation. */
export function describeWorkspaceAssociations(
  fleet: SimulatedFleet,
  { WorkspaceId, AssociatedResourceTypes }: DescribeWorkspaceAssociationsRequest,
): JsonObject {
  const { associations, operatingSystemName } = fleet.workspace(WorkspaceId ?? '');
  if (!operatingSystemName.startsWith('WINDOWS')) {
    throw operationNotSupported(`The WorkSpace ${WorkspaceId} runs ${operatingSystemName}, which has no applications.`);
  }
  requireTypes(AssociatedResourceTypes);
  const found = [...associations.values()].sort(compareBy(({ applicationID }) => applicationID));
  return { Associations: found.map(workspaceSide) };
}

/** Lists the associations of an application. The simulated account has no bundles and images with applications. */
export function describeApplicationAssociations(
  fleet: SimulatedFleet,
  input: DescribeApplicationAssociationsRequest,
): JsonObject {
  const { applicationID } = fleet.application(input.ApplicationId ?? '');
  requireTypes(input.AssociatedResourceTypes);
  const found = input.AssociatedResourceTypes?.includes('WORKSPACE')
    ? fleet.workspaces.flatMap(({ associations }) => associations.get(applicationID) ?? [])
    : [];
  const idOf = ({ workspaceID }: { workspaceID: string }) => workspaceID;
  return paginate('DescribeApplicationAssociations', { ...input }, found, idOf, applicationSide);
}

function requireTypes(types: readonly string[] | undefined): void {
  if (types?.length === 0) {
    throw invalidParameterValues('AssociatedResourceTypes must name at least one type.');
  }
}

function overlaps(requested: readonly string[] | undefined, supported: readonly string[]): boolean {
  return requested === undefined || requested.some((name) => supported.includes(name));
}
