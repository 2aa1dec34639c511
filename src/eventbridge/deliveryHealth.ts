import { isRecent } from '../clock.ts';
import type { FleetError } from '../fleet/errors.ts';
import { EVENT_FACTS, type EventName } from './eventNames.ts';
import type { WorkspaceEvent } from './workspaceEvent.ts';

/** Time without a successful read of the queue after which the operator doesn't rely on events, in milliseconds. */
export const MAX_SILENCE_MS = 2 * 60_000;
/** Time for which reads that events cause must fail before the operator doesn't rely on events, in milliseconds. A message is read again. */
export const MAX_READ_FAILURE_MS = 2 * 60_000;
/**
 * Time for which a denied call for a message counts, in milliseconds. The queue delivers the message again long before, and without another
 * message nothing shows that the call is allowed.
 */
export const DENIAL_TTL_MS = 60 * 60_000;
/** Maximum time until a change of associations is announced, in milliseconds. */
export const MAX_EVENT_DELAY_MS = 30 * 60_000;
/** Time after an event of a change of associations during which the operator relies on events, in milliseconds. */
export const PROOF_TTL_MS = 7 * 24 * 60 * 60_000;
/** Time for which the request ID of a change is remembered, in milliseconds. */
const REQUEST_TTL_MS = 60 * 60_000;
/** Maximum number of remembered request IDs, of WorkSpaces with an event, and of unannounced changes. */
const MAX_REMEMBERED = 20_000;

/** Events of the changes that the operator makes, which prove that the other ones arrive too. */
const CHANGES: ReadonlySet<EventName> = new Set([
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
]);

/** Whether the events of a fleet arrive. */
export interface DeliveryState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason:
    | 'Receiving'
    | 'Connecting'
    | 'NoRecentEvent'
    | 'QueueNotFound'
    | 'AccessDenied'
    | 'QueueUnavailable'
    | 'ReadsFailing'
    | 'EventsMissing';
  /** Cause of the reason. Undefined if events arrive, or nothing is known. */
  readonly cause: string | undefined;
}

/** What an earlier process recorded of the events of a fleet. Times are in milliseconds since the epoch. */
export interface RecordedDelivery {
  /** Time of the latest event of a change of associations. Undefined if none is recorded. */
  readonly provenAt: number | undefined;
  /** Time before which events were missing. Undefined if none were. */
  readonly missingSince: number | undefined;
}

/**
 * Whether the events of a fleet arrive: the queue can be read, an event of a change of associations arrived within a week, the changes of the
 * operator come back as events, and no listing shows a change that no event announced. All times are in milliseconds since the epoch.
 */
export class DeliveryHealth {
  /** Times of the operator's own changes, by request ID. */
  readonly #sent = new Map<string, number>();
  /** Request IDs of own changes whose events haven't arrived, and the times of the changes. */
  readonly #expected = new Map<string, number>();
  /** Time of the last event of each WorkSpace that can change its associations. */
  readonly #announced = new Map<string, number>();
  /** Times until which events of earlier times were forgotten. */
  #forgottenUntil = Number.NEGATIVE_INFINITY;
  /** Changes that no event has announced yet: the earliest time of the change, and the time of the listing. */
  readonly #unannounced = new Map<string, { readonly since: number; readonly listedAt: number }>();
  #receivedAt: number | undefined;
  #failure: { readonly error: FleetError; readonly at: number } | undefined;
  #missing: { readonly since: number; readonly cause: string } | undefined;
  #lastEventAt: number | undefined;
  #provenAt: number | undefined;
  /** Error of the last reads that events caused, and the time of the first failure since a success. Undefined if they succeeded. */
  #readFailure: { readonly cause: string; readonly since: number } | undefined;
  /** Denied calls for messages, by operation. */
  readonly #denials = new Map<string, { readonly error: FleetError; readonly at: number }>();

  /** @param recorded what an earlier process recorded. Defaults to nothing. */
  constructor({ provenAt, missingSince }: Partial<RecordedDelivery> = {}) {
    this.#provenAt = provenAt;
    if (missingSince !== undefined) {
      this.#missing = { since: missingSince, cause: 'events were missing before the operator started' };
    }
  }

  /** Time of the last successful read of the queue. Undefined before the first one. */
  get receivedAt(): number | undefined {
    return this.#receivedAt;
  }

  /** Time of the latest event. Undefined before the first one. */
  get lastEventAt(): number | undefined {
    return this.#lastEventAt;
  }

  /** Time of the latest event of a change of associations. Undefined if none is known. */
  get provenAt(): number | undefined {
    return this.#provenAt;
  }

  /** Whether events replace regular listings. */
  isReliable(now: number): boolean {
    return this.state(now).status === 'True';
  }

  state(now: number): DeliveryState {
    if (this.#missing !== undefined) {
      return { status: 'False', reason: 'EventsMissing', cause: this.#missing.cause };
    }
    const isSilent = !isRecent(this.#receivedAt, MAX_SILENCE_MS, now);
    if (isSilent && this.#failure !== undefined) {
      return { status: 'False', reason: reasonOf(this.#failure.error), cause: this.#failure.error.message };
    }
    const denial = [...this.#denials.values()].find(({ at }) => now - at < DENIAL_TTL_MS);
    if (denial !== undefined) {
      return { status: 'False', reason: reasonOf(denial.error), cause: denial.error.message };
    }
    if (this.#receivedAt === undefined) {
      return { status: 'Unknown', reason: 'Connecting', cause: undefined };
    }
    if (isSilent) {
      return { status: 'Unknown', reason: 'QueueUnavailable', cause: 'the queue was not read for two minutes' };
    }
    if (this.#readFailure !== undefined && now - this.#readFailure.since >= MAX_READ_FAILURE_MS) {
      return { status: 'False', reason: 'ReadsFailing', cause: this.#readFailure.cause };
    }
    return isRecent(this.#provenAt, PROOF_TTL_MS, now)
      ? { status: 'True', reason: 'Receiving', cause: undefined }
      : { status: 'Unknown', reason: 'NoRecentEvent', cause: undefined };
  }

  /**
   * Records a successful read of the queue.
   *
   * @param isEmpty whether the queue contained no further messages, so that missing events aren't only late
   */
  recordReceive(now: number, isEmpty: boolean): void {
    // Events of the time without a queue can be late.
    if (!isRecent(this.#receivedAt, MAX_SILENCE_MS, now)) {
      this.#postpone(now);
    }
    this.#receivedAt = now;
    this.#failure = undefined;
    if (isEmpty) {
      this.#checkMissing(now);
    }
    forgetBefore(this.#sent, now - REQUEST_TTL_MS);
  }

  recordFailure(error: FleetError, now: number): void {
    this.#failure = { error, at: now };
  }

  /**
   * Records the result of a call for messages, for example, `delete`. Without it, the queue delivers messages again and again, and moves them
   * to the dead-letter queue. Returns whether the call is denied for the first time since a success.
   *
   * @param error undefined if the call succeeded. Only a denied one counts: the receiver finds out whether the queue is available.
   */
  recordCall(operation: string, error: FleetError | undefined, now: number): boolean {
    if (error === undefined) {
      this.#denials.delete(operation);
      return false;
    }
    const isDenied = error.kind === 'AccessDenied';
    const isFirst = isDenied && !this.#denials.has(operation);
    if (isDenied) {
      this.#denials.set(operation, { error, at: now });
    }
    return isFirst;
  }

  /** Records the result of reads that events caused: the cause of their failure, or undefined if they succeeded. Returns whether they fail for the first time since the last success. */
  recordReads(failure: string | undefined, now: number): boolean {
    const isFirst = failure !== undefined && this.#readFailure === undefined;
    this.#readFailure = failure === undefined ? undefined : { cause: failure, since: this.#readFailure?.since ?? now };
    return isFirst;
  }

  /** Records a change of the operator. */
  recordChange(requestID: string, now: number): void {
    this.#sent.set(requestID, now);
    this.#expected.set(requestID, now);
    limit(this.#sent);
    limit(this.#expected);
  }

  /** Records an event that was received at `now`. Returns whether a change of this process caused it. */
  recordEvent({ name, time, requestID, workspaceIDs }: WorkspaceEvent, now: number): boolean {
    const at = time.getTime();
    this.#lastEventAt = Math.max(this.#lastEventAt ?? at, at);
    if (EVENT_FACTS[name].reads.includes('associations')) {
      // A time in the future would prove the path without a limit.
      this.#provenAt = Math.min(Math.max(this.#provenAt ?? at, at), now);
      this.#announce(workspaceIDs, at);
    }
    if (this.#missing !== undefined && CHANGES.has(name) && at > this.#missing.since) {
      this.#missing = undefined;
    }
    if (requestID === undefined || !this.#sent.has(requestID)) {
      return false;
    }
    this.#expected.delete(requestID);
    return true;
  }

  #announce(workspaceIDs: readonly string[], at: number): void {
    for (const workspaceID of workspaceIDs) {
      const latest = Math.max(at, this.#announced.get(workspaceID) ?? at);
      this.#announced.delete(workspaceID);
      this.#announced.set(workspaceID, latest);
      const change = this.#unannounced.get(workspaceID);
      if (change !== undefined && isAnnouncedBy(latest, change.since)) {
        this.#unannounced.delete(workspaceID);
      }
    }
    for (const [, forgottenAt] of limit(this.#announced)) {
      this.#forgottenUntil = Math.max(this.#forgottenUntil, forgottenAt);
    }
  }

  /**
   * Records that a listing shows a change of a WorkSpace's associations that no read showed before.
   *
   * @param since time of the previous listing
   */
  recordListedChange(workspaceID: string, since: number, listedAt: number): void {
    const announcedAt = this.#announced.get(workspaceID);
    const isAnnounced = announcedAt !== undefined && isAnnouncedBy(announcedAt, since);
    if (!isAnnounced && this.#forgottenUntil < since) {
      this.#unannounced.set(workspaceID, { since, listedAt });
      limit(this.#unannounced);
    }
  }

  #postpone(now: number): void {
    for (const requestID of this.#expected.keys()) {
      this.#expected.set(requestID, now);
    }
    for (const [workspaceID, change] of this.#unannounced) {
      this.#unannounced.set(workspaceID, { ...change, listedAt: now });
    }
  }

  #checkMissing(now: number): void {
    const isOverdue = (at: number) => now - at >= MAX_EVENT_DELAY_MS;
    const own = [...this.#expected.values()].filter(isOverdue);
    const listed = [...this.#unannounced].filter(([, { listedAt }]) => isOverdue(listedAt));
    const [first] = listed;
    if (own.length > 0) {
      this.#missing = { since: now, cause: `${count(own.length, 'change')} of the operator came back as no event` };
    } else if (first !== undefined) {
      const more = listed.length === 1 ? '' : ` and ${count(listed.length - 1, 'other WorkSpace')}`;
      this.#missing = { since: now, cause: `no event announced a change of ${first[0]}${more}` };
    }
    forgetBefore(this.#expected, now - MAX_EVENT_DELAY_MS + 1);
    for (const [workspaceID] of listed) {
      this.#unannounced.delete(workspaceID);
    }
  }
}

function reasonOf({ kind }: FleetError): DeliveryState['reason'] {
  if (kind === 'ResourceNotFound') {
    return 'QueueNotFound';
  }
  return kind === 'AccessDenied' || kind === 'Unauthenticated' ? 'AccessDenied' : 'QueueUnavailable';
}

/** Whether an event announces a change since a time. The clocks of AWS and of the operator may differ. */
function isAnnouncedBy(eventAt: number, since: number): boolean {
  return eventAt >= since - 5 * 60_000;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Removes entries from before a time. The entries are in ascending order of their times. */
function forgetBefore(times: Map<string, number>, time: number): void {
  for (const [key, at] of times) {
    if (at < time) {
      times.delete(key);
    }
  }
}

/** Removes the oldest entries above the maximum number. Returns them. */
function limit<T>(entries: Map<string, T>): [string, T][] {
  const removed: [string, T][] = [];
  for (const entry of entries) {
    if (entries.size <= MAX_REMEMBERED) {
      break;
    }
    entries.delete(entry[0]);
    removed.push(entry);
  }
  return removed;
}
