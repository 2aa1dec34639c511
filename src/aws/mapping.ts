import type {
  Application,
  Association,
  Bundle,
  ContainedApplication,
  StateReason,
  Workspace,
  WorkspaceConnection,
} from '../fleet/model.ts';
import { sanitize } from '../sanitize.ts';
import {
  boundedTextIn,
  idIn,
  itemOf,
  itemsOf,
  MAX_TEXT_LENGTH,
  MalformedResponseError,
  memberOf,
  type ResponseItem,
  requestedIDIn,
  stringIn,
  timeIn,
} from './response.ts';

/** Maximum length of an error message according to the API (`String2048`). */
const MAX_ERROR_MESSAGE_LENGTH = 2048;

export function toWorkspace(item: ResponseItem): Workspace {
  return {
    workspaceID: idIn(item, 'WorkspaceId'),
    directoryID: boundedTextIn(item, 'DirectoryId'),
    userName: boundedTextIn(item, 'UserName'),
    bundleID: boundedTextIn(item, 'BundleId'),
    ...propertiesOf(item),
    state: boundedTextIn(item, 'State'),
    runningMode: runningModeOf(item),
  };
}

function propertiesOf(item: ResponseItem): Pick<Workspace, 'computeTypeName' | 'operatingSystemName'> {
  const { ComputeTypeName, OperatingSystemName } = Object(item.WorkspaceProperties) as ResponseItem;
  return { computeTypeName: enumValue(ComputeTypeName), operatingSystemName: enumValue(OperatingSystemName) };
}

/** Returns a value that only serves to predict what AWS rejects. Undefined if it can't be one. */
function enumValue(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}

function runningModeOf({ WorkspaceProperties: properties }: ResponseItem): string | undefined {
  return properties === undefined || properties === null
    ? undefined
    : boundedTextIn(itemOf(properties, 'WorkspaceProperties'), 'RunningMode');
}

export function toApplication(item: ResponseItem): Application {
  return {
    applicationID: idIn(item, 'ApplicationId'),
    name: boundedTextIn(item, 'Name'),
    owner: boundedTextIn(item, 'Owner'),
    state: boundedTextIn(item, 'State'),
    supportedComputeTypeNames: enumValues(item.SupportedComputeTypeNames),
    supportedOperatingSystemNames: enumValues(item.SupportedOperatingSystemNames),
  };
}

/** Maximum number of values in a list of an application. AWS has fewer compute types and operating systems. */
const MAX_ENUM_VALUES = 200;

/** Returns the values of a list. Undefined if it is missing, empty, or contains anything else: then it restricts nothing. */
function enumValues(value: unknown): readonly string[] | undefined {
  const isUsable =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_ENUM_VALUES &&
    value.every((one) => enumValue(one) !== undefined);
  return isUsable ? (value as readonly string[]) : undefined;
}

export function toBundle(item: ResponseItem): Bundle {
  return {
    bundleID: idIn(item, 'BundleId'),
    name: boundedTextIn(item, 'Name'),
    owner: boundedTextIn(item, 'Owner'),
    imageID: item.ImageId === undefined || item.ImageId === null ? undefined : idIn(item, 'ImageId'),
  };
}

/** Maps the applications in a bundle or an image. `container`: the member with the requested ID. */
export function toContainedApplications(
  items: readonly ResponseItem[],
  container: { readonly member: 'BundleId' | 'ImageId'; readonly id: string },
): ContainedApplication[] {
  return items
    .filter((item) => isOfType(item, 'APPLICATION'))
    .map((item) => {
      requestedIDIn(item, container.member, container.id);
      return { applicationID: idIn(item, 'AssociatedResourceId'), state: boundedTextIn(item, 'State') };
    });
}

export function toConnection(item: ResponseItem): WorkspaceConnection {
  return {
    workspaceID: idIn(item, 'WorkspaceId'),
    connectionState: boundedTextIn(item, 'ConnectionState'),
    connectionStateCheckTimestamp: timeIn(item, 'ConnectionStateCheckTimestamp'),
    lastKnownUserConnectionTimestamp: timeIn(item, 'LastKnownUserConnectionTimestamp'),
  };
}

/** Returns tags by key. A value that AWS omits is empty. */
export function toTags(items: readonly ResponseItem[]): ReadonlyMap<string, string> {
  return new Map(
    items.map((item) => {
      const key = boundedTextIn(item, 'Key');
      if (key === undefined) {
        throw new MalformedResponseError('a tag has no Key');
      }
      return [key, boundedTextIn(item, 'Value') ?? ''];
    }),
  );
}

/** ARN of a WorkSpace, which ends with its ID. */
const WORKSPACE_ARN = /^arn:[\w-]+:workspaces:[\w-]*:\d*:workspace\/([\w-]{1,66})$/;

/** Returns a WorkSpace ID and its tags from an entry of the Resource Groups Tagging API. Undefined for tags that can't be trusted. */
export function toResourceTags(item: ResponseItem): {
  workspaceID: string;
  tags: ReadonlyMap<string, string> | undefined;
} {
  const arn = boundedTextIn(item, 'ResourceARN') ?? '';
  const workspaceID = WORKSPACE_ARN.exec(arn)?.[1];
  if (workspaceID === undefined) {
    throw new MalformedResponseError(`"${sanitize(arn, 128)}" isn't the ARN of a WorkSpace`);
  }
  try {
    return { workspaceID, tags: toTags(itemsOf(item.Tags, 'Tags')) };
  } catch (error) {
    if (error instanceof MalformedResponseError) {
      return { workspaceID, tags: undefined };
    }
    throw error;
  }
}

/** Maps associations listed by WorkSpace: `AssociatedResourceId` is the ID of the application. */
export function toWorkspaceAssociations(items: readonly ResponseItem[], workspaceID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'APPLICATION'))
    .map((item) => ({
      workspaceID: requestedIDIn(item, 'WorkspaceId', workspaceID),
      applicationID: idIn(item, 'AssociatedResourceId'),
      ...stateOf(item),
    }));
}

/** Maps associations listed by application: `AssociatedResourceId` is the ID of the WorkSpace. */
export function toApplicationAssociations(items: readonly ResponseItem[], applicationID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'WORKSPACE'))
    .map((item) => ({
      workspaceID: idIn(item, 'AssociatedResourceId'),
      applicationID: requestedIDIn(item, 'ApplicationId', applicationID),
      ...stateOf(item),
    }));
}

/** Returns the association in the response to a change, or undefined if AWS omitted it. */
export function toChangedAssociation(response: unknown, workspaceID: string): Association | undefined {
  const association = memberOf(response, 'Association');
  return association === undefined
    ? undefined
    : toWorkspaceAssociations([itemOf(association, 'Association')], workspaceID)[0];
}

/** Returns the associations that a deployment changes. */
export function toDeployedAssociations(response: unknown, workspaceID: string): Association[] {
  const deployment = memberOf(response, 'Deployment');
  if (deployment === undefined) {
    return [];
  }
  const { Associations } = itemOf(deployment, 'Deployment');
  return toWorkspaceAssociations(itemsOf(Associations, 'Associations'), workspaceID);
}

function stateOf(item: ResponseItem): Pick<Association, 'state' | 'stateReason' | 'created' | 'lastUpdatedTime'> {
  return {
    state: boundedTextIn(item, 'State'),
    stateReason: stateReason(item),
    created: timeIn(item, 'Created'),
    lastUpdatedTime: timeIn(item, 'LastUpdatedTime'),
  };
}

function stateReason(item: ResponseItem): StateReason | undefined {
  if (item.StateReason === undefined || item.StateReason === null) {
    return undefined;
  }
  const reason = itemOf(item.StateReason, 'StateReason');
  const message = stringIn(reason, 'ErrorMessage');
  return {
    errorCode: boundedTextIn(reason, 'ErrorCode'),
    errorMessage: message === undefined ? undefined : sanitize(message, MAX_ERROR_MESSAGE_LENGTH),
  };
}

/** Whether an association is with a resource of the requested type. AWS can omit the type. */
function isOfType(item: ResponseItem, type: string): boolean {
  return (boundedTextIn(item, 'AssociatedResourceType') ?? type) === type;
}
