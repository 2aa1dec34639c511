import { CHANGE_OPERATIONS } from './record.ts';
import { type AuditedChange, auditedResult } from './verify.ts';

/** A call that changes a fleet, according to CloudTrail. */
export interface TrailEvent {
  readonly time: Date;
  readonly operation: string;
  readonly requestID: string;
  readonly accountID: string;
  readonly region: string;
  /** ARN of the caller. Empty if CloudTrail reports none. */
  readonly caller: string;
  readonly userAgent: string;
  readonly workspaceID: string;
  /** Undefined for a deployment. */
  readonly applicationID: string | undefined;
  /** Undefined if AWS accepted the call. */
  readonly errorCode: string | undefined;
}

/** Kinds of differences between a log and CloudTrail. */
type TrailProblemKind = 'Unrecorded' | 'NotInCloudTrail' | 'DifferentResult' | 'DifferentCall';

interface TrailProblem {
  readonly kind: TrailProblemKind;
  readonly message: string;
}

/** Comparison of a log with CloudTrail. */
export interface TrailComparison {
  /** Calls in both. */
  readonly matched: number;
  /** Changes whose events CloudTrail may not have delivered yet. */
  readonly pending: number;
  /** Changes with an unknown result that CloudTrail settles. */
  readonly settled: number;
  /** Calls of others, which the log doesn't contain. */
  readonly others: number;
  /** Changes with an unknown result that CloudTrail doesn't settle, because its events don't cover their time. */
  readonly unknown: number;
  readonly problems: readonly TrailProblem[];
}

/** User agent of the operator, which identifies its calls if the log names no identity. */
const USER_AGENT = /(^|[\s[])wsap([/\s\]]|$)/;

/** Time within which CloudTrail usually delivers an event. */
const DELIVERY_MS = 15 * 60_000;
/** Difference between the clock of the operator and of AWS, and the time that a call takes. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Compares the changes of a log with the events of CloudTrail by request ID. A call by an identity that the log names must be in the log,
 * and a change in the log must be in CloudTrail.
 *
 * @param since calls before this time, for example, before the first record of the log, are ignored
 */
export function compareWithCloudTrail(
  changes: readonly AuditedChange[],
  events: readonly TrailEvent[],
  since: Date,
): TrailComparison {
  const callers = new Set(changes.flatMap(({ intent }) => (intent.caller === null ? [] : roleOf(intent.caller))));
  const byRequest = new Map(events.map((event) => [event.requestID, event]));
  const claimed = new Set<TrailEvent>();
  const problems: TrailProblem[] = [];
  const covered = coverage(events);
  const counts = { matched: 0, pending: 0, settled: 0, unknown: 0 };
  const unsettled: AuditedChange[] = [];
  for (const change of changes) {
    const { outcome } = change;
    const own = (outcome?.requestIDs ?? []).flatMap((id) => byRequest.get(id) ?? []);
    own.forEach((event) => void claimed.add(event));
    const last = byRequest.get(outcome?.requestIDs.at(-1) ?? '');
    if (last !== undefined) {
      counts.matched++;
      problems.push(...differences(change, last));
    } else if (outcome?.result === 'NotSent') {
      // CloudTrail contains nothing about it, or only throttled attempts.
    } else if (outcome === undefined || outcome.requestIDs.length === 0) {
      unsettled.push(change);
    } else if (change.time > covered.end) {
      counts.pending++;
    } else if (change.time >= covered.start) {
      const what = outcome.result === 'Succeeded' ? 'a change that succeeded' : 'a call that was rejected';
      problems.push({ kind: 'NotInCloudTrail', message: `${textOf(change)}: CloudTrail has no event for ${what}` });
    } else {
      counts.unknown += auditedResult(change) === 'Unknown' ? 1 : 0;
    }
  }
  for (const change of unsettled) {
    const event = events.find((one) => !claimed.has(one) && mayBeOf(one, change));
    if (event !== undefined) {
      claimed.add(event);
      counts.settled++;
    } else if (change.time > covered.end) {
      counts.pending++;
    } else if (change.time < covered.start) {
      counts.unknown++;
    } else if (change.outcome?.confirmedByRead === true) {
      problems.push({ kind: 'NotInCloudTrail', message: `${textOf(change)}: CloudTrail has no event for it` });
    } else {
      // AWS never received the call.
      counts.settled++;
    }
  }
  let others = 0;
  for (const event of events) {
    // Events have a resolution of one second.
    if (claimed.has(event) || event.time.getTime() + 1_000 <= since.getTime()) {
      continue;
    }
    const isOperator =
      callers.size > 0 ? roleOf(event.caller).some((role) => callers.has(role)) : USER_AGENT.test(event.userAgent);
    if (!isOperator) {
      others++;
    } else {
      const { operation, workspaceID, applicationID = '', requestID, time } = event;
      const call = `${operation} ${workspaceID} ${applicationID}`.trim();
      problems.push({
        kind: 'Unrecorded',
        message: `${call} at ${time.toISOString()} (request ${requestID}) by the operator is not in the log`,
      });
    }
  }
  return { ...counts, others, problems };
}

/** Returns the time that events cover completely. */
function coverage(events: readonly TrailEvent[]): { readonly start: Date; readonly end: Date } {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { time } of events) {
    first = Math.min(first, time.getTime());
    last = Math.max(last, time.getTime());
  }
  return events.length === 0
    ? { start: new Date(0), end: new Date(0) }
    : { start: new Date(first), end: new Date(last - DELIVERY_MS) };
}

function differences(change: AuditedChange, event: TrailEvent): TrailProblem[] {
  const { intent, outcome } = change;
  const ids = intent.changes.map(({ applicationID }) => applicationID);
  const isSameCall =
    event.operation === intent.call &&
    event.workspaceID === intent.workspaceID &&
    (event.applicationID === undefined || ids.includes(event.applicationID));
  if (!isSameCall) {
    const call = `${event.operation} ${event.workspaceID} ${event.applicationID ?? ''}`.trim();
    return [{ kind: 'DifferentCall', message: `${textOf(change)}: CloudTrail shows ${call} for its request ID` }];
  }
  const accepted = event.errorCode === undefined;
  const contradicts = outcome?.result === 'Succeeded' ? !accepted : outcome?.result === 'Rejected' && accepted;
  return contradicts
    ? [
        {
          kind: 'DifferentResult',
          message: `${textOf(change)}: the log says ${outcome?.result}, and CloudTrail ${event.errorCode ?? 'success'}`,
        },
      ]
    : [];
}

/** Whether an event without a recorded request ID can be the call of a change. */
function mayBeOf(event: TrailEvent, { intent, time }: AuditedChange): boolean {
  return (
    event.operation === intent.call &&
    event.workspaceID === intent.workspaceID &&
    (event.applicationID === undefined || intent.changes[0]?.applicationID === event.applicationID) &&
    event.accountID === intent.accountID &&
    event.region === intent.region &&
    Math.abs(event.time.getTime() - time.getTime()) <= TOLERANCE_MS
  );
}

/** Returns the account and the name of the role or user in an ARN, if there is one. A session of a role belongs to the role. */
function roleOf(arn: string): string[] {
  const [, account, type, path = ''] = /^arn:[^:]*:(?:sts|iam)::(\d*):(assumed-role|role|user)\/(.+)$/.exec(arn) ?? [];
  const names = path.split('/');
  const name = type === 'assumed-role' ? names[0] : names.at(-1);
  return account === undefined ? [] : [`${account} ${type === 'user' ? 'user' : 'role'} ${name}`];
}

function textOf({ chain, sequence, intent }: AuditedChange): string {
  const application = intent.call === 'DeployWorkspaceApplications' ? '' : ` ${intent.changes[0]?.applicationID ?? ''}`;
  return `${intent.call} ${intent.workspaceID}${application} (record ${sequence} of ${chain})`;
}

/** Returns the events of a CloudTrail document that change a fleet: a file with `Records`, a list, or a single event. */
export function trailEventsIn(document: unknown): TrailEvent[] {
  const { Records: records } = Object(document) as { Records?: unknown };
  const list = Array.isArray(records) ? records : Array.isArray(document) ? document : [document];
  return list.flatMap(toEvent);
}

const OPERATIONS: ReadonlySet<string> = new Set(CHANGE_OPERATIONS);

function toEvent(value: unknown): TrailEvent[] {
  const event = membersOf(value);
  // A file of CloudTrail Lake contains the event in a member, and an EventBridge event in another one.
  const inner = event.eventData ?? event.CloudTrailEvent ?? event.detail;
  if (event.eventName === undefined && inner !== undefined) {
    return toEvent(typeof inner === 'string' ? parsed(inner) : inner);
  }
  const { eventName, requestID, eventTime, eventSource } = event;
  const time = new Date(text(eventTime));
  const parameters = membersOf(event.requestParameters);
  const workspaceID = text(parameters.workspaceId ?? parameters.WorkspaceId);
  if (
    eventSource !== 'workspaces.amazonaws.com' ||
    !OPERATIONS.has(text(eventName)) ||
    text(requestID) === '' ||
    Number.isNaN(time.getTime())
  ) {
    return [];
  }
  const identity = membersOf(event.userIdentity);
  return [
    {
      time,
      operation: text(eventName),
      requestID: text(requestID),
      accountID: text(event.recipientAccountId ?? identity.accountId),
      region: text(event.awsRegion),
      caller: text(identity.arn),
      userAgent: text(event.userAgent),
      workspaceID,
      applicationID: text(parameters.applicationId ?? parameters.ApplicationId) || undefined,
      errorCode: text(event.errorCode) || undefined,
    },
  ];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Record<string, unknown>;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
