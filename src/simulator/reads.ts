import type {
  DescribeApplicationAssociationsRequest,
  DescribeApplicationsRequest,
  DescribeTagsRequest,
  DescribeWorkspaceAssociationsRequest,
  DescribeWorkspacesRequest,
} from '@aws-sdk/client-workspaces';
import { compareBy } from '../compare.ts';
import { requireTypes } from './bundles.ts';
import { invalidParameterValues, operationNotSupported } from './errors.ts';
import { paginate } from './pages.ts';
import { applicationSide, containerSide, presentApplication, presentWorkspace, workspaceSide } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

/**
 * Lists WorkSpaces by at most one filter: IDs (unknown ones are omitted), directory with an optional user, bundle, or
 * the name of a user-decoupled WorkSpace.
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
      (WorkspaceName ?? workspace.workspaceName) === workspace.workspaceName,
  );
  return paginate('DescribeWorkspaces', { ...input }, found, ({ workspaceID }) => workspaceID, presentWorkspace);
}

/** Lists the tags of a WorkSpace. All other taggable resources of the simulated account have no tags. */
export function describeTags(fleet: SimulatedFleet, { ResourceId = '' }: DescribeTagsRequest): JsonObject {
  const isOther =
    fleet.workspaces.some(({ directoryID }) => directoryID === ResourceId) ||
    fleet.bundles.some(({ bundleID }) => bundleID === ResourceId) ||
    fleet.images.some(({ imageID }) => imageID === ResourceId);
  const tags = isOther ? {} : fleet.workspace(ResourceId).tags;
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

/** Lists the associations of an application with WorkSpaces, bundles, and images. */
export function describeApplicationAssociations(
  fleet: SimulatedFleet,
  input: DescribeApplicationAssociationsRequest,
): JsonObject {
  const { applicationID } = fleet.application(input.ApplicationId ?? '');
  requireTypes(input.AssociatedResourceTypes);
  const isRequested = (type: 'WORKSPACE' | 'BUNDLE' | 'IMAGE') =>
    input.AssociatedResourceTypes?.includes(type) ?? false;
  const found: JsonObject[] = [
    ...(isRequested('BUNDLE') ? fleet.bundles.filter(contains(applicationID)) : []).map((bundle) =>
      containerSide(applicationID, 'BUNDLE', bundle.bundleID, bundle.created),
    ),
    ...(isRequested('IMAGE') ? fleet.images.filter(contains(applicationID)) : []).map((image) =>
      containerSide(applicationID, 'IMAGE', image.imageID, image.created),
    ),
    ...(isRequested('WORKSPACE') ? fleet.workspaces : [])
      .flatMap(({ associations }) => associations.get(applicationID) ?? [])
      .map(applicationSide),
  ];
  found.sort(compareBy(idOfResource));
  return paginate('DescribeApplicationAssociations', { ...input }, found, idOfResource, (association) => association);
}

const idOfResource = ({ AssociatedResourceId }: JsonObject) => String(AssociatedResourceId);

const contains =
  (applicationID: string) =>
  ({ applications }: { readonly applications: readonly string[] }) =>
    applications.includes(applicationID);

function overlaps(requested: readonly string[] | undefined, supported: readonly string[]): boolean {
  return requested === undefined || requested.some((name) => supported.includes(name));
}
