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

/** Error in a response that doesn't match the API model, so it can't be trusted to be complete. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError';
}

/** Object in a response. The SDK passes on any JSON, regardless of its own types. */
type Item = Readonly<Record<string, unknown>>;

/**
 * Pattern for IDs. Any other text must not become a key, label, or argument, and longer IDs don't fit into a status.
 */
const ID = /^[\w-]{1,66}$/;
/**
 * Maximum length of a name, user name, or state. A longer value is rejected because shortening it could change which
 * policy it matches.
 */
const MAX_TEXT_LENGTH = 1024;
/** Maximum length of an error message according to the API (`String2048`). */
const MAX_ERROR_MESSAGE_LENGTH = 2048;
/**
 * Maximum length of a page token according to the API (`PaginationToken`). A longer token is rejected because each one
 * is kept until the listing ends.
 */
const MAX_TOKEN_LENGTH = 2048;

/**
 * Returns a member of a response. AWS omits empty lists. A response with neither the member nor a request ID is an
 * empty body from a proxy and doesn't prove that the list is empty.
 */
export function memberOf(response: unknown, member: string): unknown {
  const { [member]: value, $metadata } = itemOf(response, 'the response');
  if ((value ?? undefined) === undefined && (Object($metadata) as Item).requestId === undefined) {
    throw new MalformedResponseError(`it has neither ${member} nor a request ID, so it isn't from AWS`);
  }
  return value ?? undefined;
}

/** Returns the objects in a list of a response, or an empty list if AWS omitted it. */
export function listOf(response: unknown, member: string): Item[] {
  return itemsOf(memberOf(response, member), member);
}

/** Returns the page token of a response, or undefined after the last page. */
export function nextTokenOf(response: unknown): string | undefined {
  const token = itemOf(response, 'the response').NextToken;
  if (token === undefined || token === null || token === '') {
    return undefined;
  }
  if (typeof token !== 'string') {
    throw new MalformedResponseError("NextToken isn't a string");
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new MalformedResponseError(`NextToken is longer than ${MAX_TOKEN_LENGTH} characters`);
  }
  return token;
}

export function toWorkspace(item: Item): Workspace {
  return {
    workspaceID: id(item, 'WorkspaceId'),
    directoryID: text(item, 'DirectoryId'),
    userName: text(item, 'UserName'),
    bundleID: text(item, 'BundleId'),
    ...propertiesOf(item),
    state: text(item, 'State'),
    runningMode: runningModeOf(item),
  };
}

function propertiesOf(item: Item): Pick<Workspace, 'computeTypeName' | 'operatingSystemName'> {
  const { ComputeTypeName, OperatingSystemName } = Object(item.WorkspaceProperties) as Item;
  return { computeTypeName: enumValue(ComputeTypeName), operatingSystemName: enumValue(OperatingSystemName) };
}

/** Returns a value that only serves to predict what AWS rejects. Undefined if it can't be one. */
function enumValue(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}

function runningModeOf({ WorkspaceProperties: properties }: Item): string | undefined {
  return properties === undefined || properties === null
    ? undefined
    : text(itemOf(properties, 'WorkspaceProperties'), 'RunningMode');
}

export function toApplication(item: Item): Application {
  return {
    applicationID: id(item, 'ApplicationId'),
    name: text(item, 'Name'),
    owner: text(item, 'Owner'),
    state: text(item, 'State'),
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

export function toBundle(item: Item): Bundle {
  return {
    bundleID: id(item, 'BundleId'),
    name: text(item, 'Name'),
    owner: text(item, 'Owner'),
    imageID: item.ImageId === undefined || item.ImageId === null ? undefined : id(item, 'ImageId'),
  };
}

/** Maps the applications in a bundle or an image. `container`: the member with the requested ID. */
export function toContainedApplications(
  items: readonly Item[],
  container: { readonly member: 'BundleId' | 'ImageId'; readonly id: string },
): ContainedApplication[] {
  return items
    .filter((item) => isOfType(item, 'APPLICATION'))
    .map((item) => {
      requestedId(item, container.member, container.id);
      return { applicationID: id(item, 'AssociatedResourceId'), state: text(item, 'State') };
    });
}

export function toConnection(item: Item): WorkspaceConnection {
  return {
    workspaceID: id(item, 'WorkspaceId'),
    connectionState: text(item, 'ConnectionState'),
    connectionStateCheckTimestamp: time(item, 'ConnectionStateCheckTimestamp'),
    lastKnownUserConnectionTimestamp: time(item, 'LastKnownUserConnectionTimestamp'),
  };
}

/** Returns tags by key. A value that AWS omits is empty. */
export function toTags(items: readonly Item[]): ReadonlyMap<string, string> {
  return new Map(
    items.map((item) => {
      const key = text(item, 'Key');
      if (key === undefined) {
        throw new MalformedResponseError('a tag has no Key');
      }
      return [key, text(item, 'Value') ?? ''];
    }),
  );
}

/** ARN of a WorkSpace, which ends with its ID. */
const WORKSPACE_ARN = /^arn:[\w-]+:workspaces:[\w-]*:\d*:workspace\/([\w-]{1,66})$/;

/** Returns a WorkSpace ID and its tags from an entry of the Resource Groups Tagging API. Undefined for tags that can't be trusted. */
export function toResourceTags(item: Item): { workspaceID: string; tags: ReadonlyMap<string, string> | undefined } {
  const arn = text(item, 'ResourceARN') ?? '';
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
export function toWorkspaceAssociations(items: readonly Item[], workspaceID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'APPLICATION'))
    .map((item) => ({
      workspaceID: requestedId(item, 'WorkspaceId', workspaceID),
      applicationID: id(item, 'AssociatedResourceId'),
      ...stateOf(item),
    }));
}

/** Maps associations listed by application: `AssociatedResourceId` is the ID of the WorkSpace. */
export function toApplicationAssociations(items: readonly Item[], applicationID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'WORKSPACE'))
    .map((item) => ({
      workspaceID: id(item, 'AssociatedResourceId'),
      applicationID: requestedId(item, 'ApplicationId', applicationID),
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

function stateOf(item: Item): Pick<Association, 'state' | 'stateReason' | 'created' | 'lastUpdatedTime'> {
  return {
    state: text(item, 'State'),
    stateReason: stateReason(item),
    created: time(item, 'Created'),
    lastUpdatedTime: time(item, 'LastUpdatedTime'),
  };
}

function stateReason(item: Item): StateReason | undefined {
  if (item.StateReason === undefined || item.StateReason === null) {
    return undefined;
  }
  const reason = itemOf(item.StateReason, 'StateReason');
  const message = string(reason, 'ErrorMessage');
  return {
    errorCode: text(reason, 'ErrorCode'),
    errorMessage: message === undefined ? undefined : sanitize(message, MAX_ERROR_MESSAGE_LENGTH),
  };
}

/** Whether an association is with a resource of the requested type. AWS can omit the type. */
function isOfType(item: Item, type: string): boolean {
  return (text(item, 'AssociatedResourceType') ?? type) === type;
}

function itemsOf(value: unknown, description: string): Item[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new MalformedResponseError(`${description} isn't a list`);
  }
  return value.map((item) => itemOf(item, `an entry of ${description}`));
}

function itemOf(value: unknown, description: string): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedResponseError(`${description} isn't an object`);
  }
  return value as Item;
}

function id(item: Item, member: string): string {
  const value = string(item, member);
  if (value === undefined) {
    throw new MalformedResponseError(`an entry has no ${member}`);
  }
  if (!ID.test(value)) {
    throw new MalformedResponseError(`${member} "${sanitize(value, 64)}" isn't an ID`);
  }
  return value;
}

/** Returns the requested ID, which AWS can omit in the response. A different ID belongs to a different response. */
function requestedId(item: Item, member: string, requested: string): string {
  const value = string(item, member) ?? requested;
  if (value !== requested) {
    throw new MalformedResponseError(`${member} is "${sanitize(value, 64)}" instead of the requested ${requested}`);
  }
  return value;
}

function text(item: Item, member: string): string | undefined {
  const value = string(item, member);
  if (value !== undefined && value.length > MAX_TEXT_LENGTH) {
    throw new MalformedResponseError(`${member} is longer than ${MAX_TEXT_LENGTH} characters`);
  }
  return value;
}

function string(item: Item, member: string): string | undefined {
  const value = item[member];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new MalformedResponseError(`${member} isn't a string`);
  }
  return value;
}

function time(item: Item, member: string): Date | undefined {
  const value = item[member];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new MalformedResponseError(`${member} isn't a time`);
  }
  return value;
}
