import type { Account } from './accessDenied.ts';
import { isObject, type JsonObject } from './validate.ts';

/** Identity of a caller, as CloudTrail records it. */
export interface Caller {
  /** ARN of the user or of the assumed-role session. */
  readonly arn: string;
  /** Unique ID of the user, or of the role with its session. */
  readonly userID: string;
  readonly userAgent: string;
}

/** Change that AWS served or rejected. Input and output have the members of the API. */
export interface RecordedCall {
  readonly operation: string;
  readonly input: JsonObject;
  readonly output?: JsonObject | undefined;
  readonly error?: { readonly type: string; readonly message: string } | undefined;
  readonly requestID: string;
  readonly caller: Caller;
}

/** Event and the fields by which faults select it. */
export interface BusEvent {
  readonly operation: string;
  readonly workspaceIDs: readonly string[];
  /** EventBridge envelope. */
  readonly body: JsonObject;
}

/**
 * Returns the EventBridge event of a call. CloudTrail starts the members with a lowercase letter.
 *
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function callEvent(account: Account, call: RecordedCall, number: number, time: Date): BusEvent {
  const { operation, input, output, error, requestID, caller } = call;
  const { accountID, region } = account;
  const isRole = caller.arn.includes(':assumed-role/');
  return {
    operation,
    workspaceIDs: [...new Set([...idsIn(input), ...idsIn(output)])],
    // prose-ignore latin: name of AWS
    body: envelope(account, number, time, 'AWS API Call via CloudTrail', {
      eventVersion: '1.11',
      userIdentity: {
        type: isRole ? 'AssumedRole' : 'IAMUser',
        principalId: caller.userID,
        arn: caller.arn,
        accountId: accountID,
      },
      eventTime: seconds(time),
      eventSource: 'workspaces.amazonaws.com',
      eventName: operation,
      awsRegion: region,
      sourceIPAddress: '192.0.2.1',
      userAgent: caller.userAgent,
      ...(error !== undefined && { errorCode: error.type, errorMessage: error.message }),
      requestParameters: withLowercaseMembers(input),
      responseElements: error === undefined && output !== undefined ? withLowercaseMembers(output) : null,
      requestID,
      eventID: eventID(number, 'c'),
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: accountID,
      eventCategory: 'Management',
    }),
  };
}

/**
 * Returns the event of a login.
 *
 * Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/cloudwatch-events-workspaces.html
 */
export function accessEvent(
  account: Account,
  { workspaceID, directoryID }: { readonly workspaceID: string; readonly directoryID: string },
  number: number,
  time: Date,
): BusEvent {
  return {
    operation: 'WorkSpaces Access',
    workspaceIDs: [workspaceID],
    body: envelope(account, number, time, 'WorkSpaces Access', {
      clientIpAddress: '192.0.2.3',
      actionType: 'successfulLogin',
      workspacesClientProductName: 'WorkSpaces Desktop client',
      loginTime: time.toISOString(),
      clientPlatform: 'Windows',
      directoryId: `domain/${directoryID}`,
      clientVersion: '5.7.0.3472',
      workspaceId: workspaceID,
    }),
  };
}

function envelope(account: Account, number: number, time: Date, type: string, detail: JsonObject): JsonObject {
  return {
    version: '0',
    id: eventID(number, 'a'),
    'detail-type': type,
    source: 'aws.workspaces',
    account: account.accountID,
    time: seconds(time),
    region: account.region,
    resources: [],
    detail,
  };
}

/** Returns a UUID with a number. The fourth group shows what it identifies. */
function eventID(number: number, kind: string): string {
  return `00000000-0000-4000-${kind}000-${String(number).padStart(12, '0')}`;
}

/** Returns a time without milliseconds, as in events. */
function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function withLowercaseMembers(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withLowercaseMembers);
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).map(([name, member]) => [
    `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
    withLowercaseMembers(member),
  ]);
  return Object.fromEntries(entries);
}

/** Returns the IDs of the WorkSpaces in a request or a response. */
function idsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return /^ws-[0-9a-z]{8,63}$/.test(value) ? [value] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(idsIn) : [];
}
