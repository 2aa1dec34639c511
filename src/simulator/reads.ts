import type {
  DescribeApplicationAssociationsRequest,
  DescribeApplicationsRequest,
  DescribeTagsRequest,
  DescribeWorkspaceAssociationsRequest,
  DescribeWorkspacesConnectionStatusRequest,
  DescribeWorkspacesRequest,
} from '@aws-sdk/client-workspaces';
import { compareBy } from '../compare.ts';
import { invalidParameterValues } from './errors.ts';
import { paginate } from './pages.ts';
import { applicationSide, epochSeconds, presentApplication, presentWorkspace, workspaceSide } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

/** Lists WorkSpaces by one filter: ids (unknown ones are left out), directory (and user of it), bundle, or name. */
export function describeWorkspaces(fleet: SimulatedFleet, input: DescribeWorkspacesRequest): JsonObject {
  const { WorkspaceIds, DirectoryId, UserName, BundleId, WorkspaceName } = input;
  const filters = [WorkspaceIds, DirectoryId, BundleId, WorkspaceName].filter((filter) => filter !== undefined);
  if (filters.length > 1) {
    throw invalidParameterValues('Only one of WorkspaceIds, DirectoryId, BundleId and WorkspaceName can be given.');
  }
  if (UserName !== undefined && DirectoryId === undefined) {
    throw invalidParameterValues('UserName needs a DirectoryId.');
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

/** Whether the users of WorkSpaces are connected; AWS answers UNKNOWN for one that is stopped. */
export function describeWorkspacesConnectionStatus(
  fleet: SimulatedFleet,
  input: DescribeWorkspacesConnectionStatusRequest,
  now: number,
): JsonObject {
  const asked = fleet.workspaces.filter(({ workspaceID }) => input.WorkspaceIds?.includes(workspaceID) ?? true);
  return paginate(
    'DescribeWorkspacesConnectionStatus',
    { ...input },
    asked,
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
      overlap(ComputeTypeNames, application.supportedComputeTypeNames) &&
      overlap(OperatingSystemNames, application.supportedOperatingSystemNames),
  );
  const idOf = ({ applicationID }: { applicationID: string }) => applicationID;
  return paginate('DescribeApplications', { ...input }, found, idOf, presentApplication);
}

/** All in one answer: AWS doesn't page this one. */
export function describeWorkspaceAssociations(
  fleet: SimulatedFleet,
  { WorkspaceId, AssociatedResourceTypes }: DescribeWorkspaceAssociationsRequest,
): JsonObject {
  const { associations } = fleet.workspace(WorkspaceId ?? '');
  requireTypes(AssociatedResourceTypes);
  const found = [...associations.values()].sort(compareBy(({ applicationID }) => applicationID));
  return { Associations: found.map(workspaceSide) };
}

/** Bundles and images can be asked for too; the simulated account has none with applications. */
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

function overlap(asked: readonly string[] | undefined, supported: readonly string[]): boolean {
  return asked === undefined || asked.some((name) => supported.includes(name));
}
