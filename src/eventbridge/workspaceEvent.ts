import { type EventName, isEventName } from './eventNames.ts';

/** Event of AWS that names WorkSpaces. It only causes reads: no decision uses its content. */
export interface WorkspaceEvent {
  readonly id: string;
  /** Time of the call or of the login, as the event claims it. It can be wrong, also in the future. */
  readonly time: Date;
  readonly name: EventName;
  /** IDs of the affected WorkSpaces, sorted and without duplicates. At least one. */
  readonly workspaceIDs: readonly string[];
  /** AWS request ID of the call. Undefined if the event doesn't describe a call, or has no valid request ID. */
  readonly requestID: string | undefined;
}

export type ParsedMessage =
  | { readonly event: WorkspaceEvent }
  | { readonly ignored: 'OtherAccount' | 'OtherRegion' | 'OtherEvent' | 'FailedCall' }
  /** Reason why the message is unreadable. It contains no text of the message. */
  | { readonly malformed: string };

/** Account and region whose events a fleet reads. */
export interface EventScope {
  /** Account ID with 12 digits. */
  readonly accountID: string;
  readonly region: string;
}

/** Maximum length of a message, in UTF-16 code units. An event of EventBridge has at most 256 KiB. */
const MAX_LENGTH = 256 * 1024;
/** Maximum number of WorkSpaces in an event. A call of the WorkSpaces API accepts 25. */
const MAX_WORKSPACES = 100;

const ACCOUNT_ID = /^\d{12}$/;
const REGION = /^[a-z0-9-]{1,32}$/;
const WORKSPACE_ID = /^ws-[0-9a-z]{8,63}$/;
/** IDs of events and requests are UUIDs. */
const ID = /^[0-9A-Za-z-]{1,64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

// prose-ignore latin: name of AWS
const CLOUDTRAIL = 'AWS API Call via CloudTrail';
const ACCESS = 'WorkSpaces Access';

/** Lists in the request parameters of calls that affect several WorkSpaces. */
const BATCH_LISTS: Readonly<Partial<Record<EventName, string>>> = {
  RebuildWorkspaces: 'rebuildWorkspaceRequests',
  TerminateWorkspaces: 'terminateWorkspaceRequests',
  StartWorkspaces: 'startWorkspaceRequests',
  StopWorkspaces: 'stopWorkspaceRequests',
  RebootWorkspaces: 'rebootWorkspaceRequests',
};

/** Thrown while a message is parsed; never leaves this file. */
class Rejection extends Error {
  readonly result: Exclude<ParsedMessage, { event: unknown }>;

  constructor(result: Exclude<ParsedMessage, { event: unknown }>) {
    super();
    this.result = result;
  }
}

const malformed = (reason: string) => new Rejection({ malformed: reason });

/**
 * Parses the body of a message from the queue: an EventBridge envelope with a CloudTrail record of the WorkSpaces API, or with a login to a
 * WorkSpace. The text is hostile: anyone who can send to the queue can write it. Throws nothing.
 */
export function parseMessage(body: string, scope: EventScope): ParsedMessage {
  try {
    return { event: parseEnvelope(body, scope) };
  } catch (error) {
    return error instanceof Rejection ? error.result : { malformed: 'the message is not valid JSON' };
  }
}

function parseEnvelope(body: string, scope: EventScope): WorkspaceEvent {
  if (body.length > MAX_LENGTH) {
    throw malformed('the message is longer than 256 KiB');
  }
  const envelope = objectIn(JSON.parse(body), 'the message');
  const source = textOf(envelope, 'source');
  const type = textOf(envelope, 'detail-type');
  if (source === undefined || type === undefined) {
    throw malformed('the message is not an EventBridge event');
  }
  if (source !== 'aws.workspaces' || (type !== CLOUDTRAIL && type !== ACCESS)) {
    throw new Rejection({ ignored: 'OtherEvent' });
  }
  const detail = objectIn(ownMember(envelope, 'detail'), 'detail');
  assertScope(required(envelope, 'account', ACCOUNT_ID), required(envelope, 'region', REGION), scope);
  const event = { id: required(envelope, 'id', ID), time: timeOf(envelope, 'time') };
  return type === ACCESS
    ? { ...event, name: ACCESS, workspaceIDs: [required(detail, 'workspaceId', WORKSPACE_ID)], requestID: undefined }
    : { ...event, ...parseRecord(detail, scope) };
}

/** Returns the members of an event that a CloudTrail record contains. */
function parseRecord(
  record: JsonObject,
  scope: EventScope,
): Pick<WorkspaceEvent, 'time' | 'name' | 'workspaceIDs' | 'requestID'> {
  const name = textOf(record, 'eventName') ?? '';
  if (textOf(record, 'eventSource') !== 'workspaces.amazonaws.com' || !isEventName(name) || name === ACCESS) {
    throw new Rejection({ ignored: 'OtherEvent' });
  }
  // A record can come from another account or region than its envelope only if somebody forged it.
  assertScope(
    optional(record, 'recipientAccountId', ACCOUNT_ID) ?? scope.accountID,
    optional(record, 'awsRegion', REGION) ?? scope.region,
    scope,
  );
  if ((ownMember(record, 'errorCode') ?? '') !== '') {
    throw new Rejection({ ignored: 'FailedCall' });
  }
  const workspaceIDs = [...new Set(affectedBy(name, record))].sort();
  if (workspaceIDs.length > MAX_WORKSPACES) {
    throw malformed(`the event names more than ${MAX_WORKSPACES} WorkSpaces`);
  }
  const requestID = textOf(record, 'requestID');
  return {
    name,
    time: timeOf(record, 'eventTime'),
    workspaceIDs,
    requestID: requestID !== undefined && ID.test(requestID) ? requestID : undefined,
  };
}

/** Returns the IDs of the WorkSpaces that a call affected. */
function affectedBy(name: EventName, record: JsonObject): readonly string[] {
  const request = () => objectIn(ownMember(record, 'requestParameters'), 'requestParameters');
  // Null if the call returned nothing.
  const response = () => objectIn(ownMember(record, 'responseElements') ?? {}, 'responseElements');
  const list = BATCH_LISTS[name];
  if (list !== undefined) {
    const failed = new Set(idsIn(response(), 'failedRequests'));
    return someOf(idsIn(request(), list).filter((id) => !failed.has(id)));
  }
  switch (name) {
    case 'CreateWorkspaces':
      return someOf(idsIn(response(), 'pendingRequests'));
    case 'CreateStandbyWorkspaces':
      return someOf(idsIn(response(), 'pendingStandbyRequests'));
    case 'MigrateWorkspace': {
      const target = optional(response(), 'targetWorkspaceId', WORKSPACE_ID);
      return [required(request(), 'sourceWorkspaceId', WORKSPACE_ID), ...(target === undefined ? [] : [target])];
    }
    case 'CreateTags':
    case 'DeleteTags': {
      const resourceID = textOf(request(), 'resourceId') ?? '';
      if (!resourceID.startsWith('ws-')) {
        throw new Rejection({ ignored: 'OtherEvent' });
      }
      return [required(request(), 'resourceId', WORKSPACE_ID)];
    }
    default:
      return [required(request(), 'workspaceId', WORKSPACE_ID)];
  }
}

/** Returns the WorkSpaces of a call. Rejects the event of a call that failed for each of them. */
function someOf(workspaceIDs: readonly string[]): readonly string[] {
  if (workspaceIDs.length === 0) {
    throw new Rejection({ ignored: 'FailedCall' });
  }
  return workspaceIDs;
}

/** Returns the IDs of WorkSpaces in the items of a list. A missing list is empty. */
function idsIn(parent: JsonObject, member: string): string[] {
  const list = ownMember(parent, member) ?? [];
  if (!Array.isArray(list)) {
    throw malformed(`${member} is not a list`);
  }
  if (list.length > MAX_WORKSPACES) {
    throw malformed(`the event names more than ${MAX_WORKSPACES} WorkSpaces`);
  }
  return list.map((item) => required(objectIn(item, member), 'workspaceId', WORKSPACE_ID));
}

function assertScope(accountID: string, region: string, scope: EventScope): void {
  if (accountID !== scope.accountID) {
    throw new Rejection({ ignored: 'OtherAccount' });
  }
  if (region !== scope.region) {
    throw new Rejection({ ignored: 'OtherRegion' });
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectIn(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`${what} is not an object`);
  }
  return value as JsonObject;
}

/**
 * Returns an own member of an object, so that `__proto__` has no effect. CloudTrail starts the members of the API with a lowercase letter;
 * AWS documents no example for most calls, so an uppercase letter is accepted, too.
 */
function ownMember(object: JsonObject, member: string): unknown {
  const spellings = [member, `${member.slice(0, 1).toUpperCase()}${member.slice(1)}`];
  const spelling = spellings.find((candidate) => Object.hasOwn(object, candidate));
  return spelling === undefined ? undefined : object[spelling];
}

function textOf(object: JsonObject, member: string): string | undefined {
  const value = ownMember(object, member);
  return typeof value === 'string' ? value : undefined;
}

function required(object: JsonObject, member: string, pattern: RegExp): string {
  const text = textOf(object, member);
  if (text === undefined || !pattern.test(text)) {
    throw malformed(`${member} is missing or invalid`);
  }
  return text;
}

/** Returns a member, or undefined if it is missing or null. */
function optional(object: JsonObject, member: string, pattern: RegExp): string | undefined {
  return (ownMember(object, member) ?? undefined) === undefined ? undefined : required(object, member, pattern);
}

function timeOf(object: JsonObject, member: string): Date {
  const time = new Date(required(object, member, TIME));
  if (Number.isNaN(time.getTime())) {
    throw malformed(`${member} is missing or invalid`);
  }
  return time;
}
