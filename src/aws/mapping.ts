import type { Application, Association, StateReason, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import { sanitize } from '../sanitize.ts';
import { MalformedResponseError } from './malformedResponse.ts';

/** An object of an answer. The SDK passes on whatever came in the JSON, whatever its own types say. */
type Item = Readonly<Record<string, unknown>>;

/** Ids of AWS are plainer; nothing else may become a key, a label or an argument, and no longer one fits a status. */
const ID = /^[\w-]{1,66}$/;
/** No name, user or state comes near. Shortening one could change which policy it matches, so a longer one is refused. */
const TEXT_LENGTH = 1024;
/** What the API allows an error message (String2048). */
const PROSE_LENGTH = 2048;
/** What the APIs allow a page token (PaginationToken). As each one is kept until the listing ends, a longer one is refused. */
const TOKEN_LENGTH = 2048;

/**
 * A member of an answer. AWS may leave any out, as an empty list; but an answer that has neither the member nor a request id is an
 * empty body from something in between, and no proof that there is nothing.
 */
export function memberOf(answer: unknown, member: string): unknown {
  const { [member]: value, $metadata } = itemOf(answer, 'the answer');
  if ((value ?? undefined) === undefined && (Object($metadata) as Item).requestId === undefined) {
    throw new MalformedResponseError(`it has no ${member} and no request id, so it isn't from AWS`);
  }
  return value ?? undefined;
}

/** The objects in a list of an answer; none where AWS left the list out. */
export function listOf(answer: unknown, member: string): Item[] {
  return itemsOf(memberOf(answer, member), member);
}

/** The page token of an answer; undefined after the last page. */
export function nextTokenOf(answer: unknown): string | undefined {
  const token = itemOf(answer, 'the answer').NextToken;
  if (token === undefined || token === null || token === '') {
    return undefined;
  }
  if (typeof token !== 'string') {
    throw new MalformedResponseError("NextToken isn't a string");
  }
  if (token.length > TOKEN_LENGTH) {
    throw new MalformedResponseError(`NextToken is longer than ${TOKEN_LENGTH} characters`);
  }
  return token;
}

export function toWorkspace(item: Item): Workspace {
  return {
    workspaceID: id(item, 'WorkspaceId'),
    directoryID: text(item, 'DirectoryId'),
    userName: text(item, 'UserName'),
    bundleID: text(item, 'BundleId'),
    state: text(item, 'State'),
  };
}

export function toApplication(item: Item): Application {
  return {
    applicationID: id(item, 'ApplicationId'),
    name: text(item, 'Name'),
    owner: text(item, 'Owner'),
    state: text(item, 'State'),
  };
}

export function toConnection(item: Item): WorkspaceConnection {
  return {
    workspaceID: id(item, 'WorkspaceId'),
    connectionState: text(item, 'ConnectionState'),
    lastKnownUserConnectionTimestamp: time(item, 'LastKnownUserConnectionTimestamp'),
  };
}

/** Tags by key; a value that AWS leaves out is empty. */
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

/** The ARN of a WorkSpace ends with its id. */
const WORKSPACE_ARN = /^arn:[\w-]+:workspaces:[\w-]*:\d*:workspace\/([\w-]{1,66})$/;

/** A WorkSpace and its tags, as the Resource Groups Tagging API lists them. */
export function toResourceTags(item: Item): { workspaceID: string; tags: ReadonlyMap<string, string> } {
  const arn = text(item, 'ResourceARN') ?? '';
  const workspaceID = WORKSPACE_ARN.exec(arn)?.[1];
  if (workspaceID === undefined) {
    throw new MalformedResponseError(`"${sanitize(arn, 128)}" isn't the ARN of a WorkSpace`);
  }
  return { workspaceID, tags: toTags(itemsOf(item.Tags, 'Tags')) };
}

/** Associations as a WorkSpace lists them: AssociatedResourceId is the application's id. */
export function toWorkspaceAssociations(items: readonly Item[], workspaceID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'APPLICATION'))
    .map((item) => ({
      workspaceID: expected(item, 'WorkspaceId', workspaceID),
      applicationID: id(item, 'AssociatedResourceId'),
      ...stateOf(item),
    }));
}

/** Associations as an application lists them: AssociatedResourceId is the WorkSpace's id. */
export function toApplicationAssociations(items: readonly Item[], applicationID: string): Association[] {
  return items
    .filter((item) => isOfType(item, 'WORKSPACE'))
    .map((item) => ({
      workspaceID: id(item, 'AssociatedResourceId'),
      applicationID: expected(item, 'ApplicationId', applicationID),
      ...stateOf(item),
    }));
}

/** The association that a change answers with; undefined where AWS left it out. */
export function toChangedAssociation(answer: unknown, workspaceID: string): Association | undefined {
  const association = memberOf(answer, 'Association');
  return association === undefined
    ? undefined
    : toWorkspaceAssociations([itemOf(association, 'Association')], workspaceID)[0];
}

/** The associations that a deployment carries out. */
export function toDeployedAssociations(answer: unknown, workspaceID: string): Association[] {
  const deployment = memberOf(answer, 'Deployment');
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
    errorMessage: message === undefined ? undefined : sanitize(message, PROSE_LENGTH),
  };
}

/** Whether an association is with a resource of the type that was asked for; AWS may leave the type out. */
function isOfType(item: Item, type: string): boolean {
  return (text(item, 'AssociatedResourceType') ?? type) === type;
}

function itemsOf(value: unknown, what: string): Item[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new MalformedResponseError(`${what} isn't a list`);
  }
  return value.map((item) => itemOf(item, `an entry of ${what}`));
}

function itemOf(value: unknown, what: string): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedResponseError(`${what} isn't an object`);
  }
  return value as Item;
}

function id(item: Item, member: string): string {
  const value = string(item, member);
  if (value === undefined) {
    throw new MalformedResponseError(`an entry has no ${member}`);
  }
  if (!ID.test(value)) {
    throw new MalformedResponseError(`${member} "${sanitize(value, 64)}" isn't an id`);
  }
  return value;
}

/** An id that AWS may leave out, as it was in the request; another one than requested belongs to another answer. */
function expected(item: Item, member: string, requested: string): string {
  const value = string(item, member) ?? requested;
  if (value !== requested) {
    throw new MalformedResponseError(`${member} is "${sanitize(value, 64)}" where ${requested} was asked for`);
  }
  return value;
}

function text(item: Item, member: string): string | undefined {
  const value = string(item, member);
  if (value !== undefined && value.length > TEXT_LENGTH) {
    throw new MalformedResponseError(`${member} is longer than ${TEXT_LENGTH} characters`);
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
