import { CHANGE_OPERATIONS } from './record.ts';

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
  /** Empty if CloudTrail reports none, for example, for a call that IAM rejected. */
  readonly workspaceID: string;
  /** Undefined for a deployment. */
  readonly applicationID: string | undefined;
  /** Undefined if AWS accepted the call. */
  readonly errorCode: string | undefined;
}

/** Time that events cover completely. */
export interface TrailPeriod {
  readonly start: Date;
  readonly end: Date;
}

/** Events of CloudTrail that change a fleet, and the times that the export covers. */
export interface TrailExport {
  readonly events: readonly TrailEvent[];
  /** Times that the events of an account and a region cover, by `locationKey`. */
  readonly periods: ReadonlyMap<string, TrailPeriod>;
}

/** Returns the key of an account and a region in `TrailExport.periods`. */
export function locationKey({ accountID, region }: { readonly accountID: string; readonly region: string }): string {
  return `${accountID} ${region}`;
}

/** Time within which CloudTrail usually delivers an event. Files before and after an export can contain other events of this time. */
const DELIVERY_MS = 15 * 60_000;
/** Maximum number of documents around an event. */
const MAX_DEPTH = 8;
const EVENT_SOURCE = 'workspaces.amazonaws.com';
const OPERATIONS: ReadonlySet<string> = new Set(CHANGE_OPERATIONS);

/** Collects the events of CloudTrail documents. */
export class TrailCollector {
  readonly #period: TrailPeriod | undefined;
  /** By request ID. Exports that overlap, and several trails, contain an event several times. */
  readonly #events = new Map<string, TrailEvent>();
  readonly #periods = new Map<string, { first: number; last: number }>();

  /** @param period time that the events cover. Defaults to the time between the events of WorkSpaces, without its first and last 15 minutes. */
  constructor(period?: TrailPeriod) {
    this.#period = period;
  }

  /**
   * Adds the events of a document: a file with `Records`, the output of `lookup-events` or `get-query-results`, a list, or a single event.
   * Returns whether the document has the format of CloudTrail, with or without events.
   */
  add(document: unknown): boolean {
    const { Records, Events, QueryResultRows } = Object(document) as Readonly<Record<string, unknown>>;
    const container = [Records, Events, QueryResultRows, document].find(Array.isArray);
    if (container === undefined) {
      return this.#addEvent(document);
    }
    const known = container.filter((one) => this.#addEvent(Array.isArray(one) ? Object.assign({}, ...one) : one));
    return container.length === 0 || known.length > 0;
  }

  /** Returns all events, and the times that they cover. */
  finish(): TrailExport {
    const periods = [...this.#periods].map(
      ([key, { first, last }]) =>
        [key, this.#period ?? { start: new Date(first + DELIVERY_MS), end: new Date(last - DELIVERY_MS) }] as const,
    );
    return { events: [...this.#events.values()], periods: new Map(periods) };
  }

  /** Adds an event if it changes a fleet. Returns whether it is an event. */
  #addEvent(value: unknown, depth = 0): boolean {
    const event = membersOf(value);
    // lookup-events, CloudTrail Lake, and EventBridge contain the event in a member.
    const inner = event.eventData ?? event.CloudTrailEvent ?? event.eventJson ?? event.detail;
    if (inner !== undefined && event.requestParameters === undefined) {
      return depth < MAX_DEPTH && this.#addEvent(typeof inner === 'string' ? parsed(inner) : inner, depth + 1);
    }
    const { eventName, requestID, eventTime, eventSource, awsRegion, recipientAccountId, requestParameters } = event;
    const time = new Date(text(eventTime));
    // In the columns of a query, these members are no objects.
    if (text(eventSource) === '' || Number.isNaN(time.getTime()) || typeof requestParameters === 'string') {
      return false;
    }
    if (eventSource !== EVENT_SOURCE) {
      return true;
    }
    const identity = membersOf(event.userIdentity);
    const location = { accountID: text(recipientAccountId ?? identity.accountId), region: text(awsRegion) };
    this.#extendPeriod(locationKey(location), time.getTime());
    const id = text(requestID);
    if (OPERATIONS.has(text(eventName)) && id !== '' && !this.#events.has(id)) {
      const parameters = membersOf(requestParameters);
      this.#events.set(id, {
        time,
        operation: text(eventName),
        requestID: id,
        ...location,
        caller: text(identity.arn),
        userAgent: text(event.userAgent),
        workspaceID: text(parameters.workspaceId ?? parameters.WorkspaceId),
        applicationID: text(parameters.applicationId ?? parameters.ApplicationId) || undefined,
        errorCode: text(event.errorCode) || undefined,
      });
    }
    return true;
  }

  #extendPeriod(key: string, time: number): void {
    const { first, last } = this.#periods.get(key) ?? { first: time, last: time };
    this.#periods.set(key, { first: Math.min(first, time), last: Math.max(last, time) });
  }
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
