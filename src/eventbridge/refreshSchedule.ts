import { minimum } from '../compare.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import type { ReadSubject } from './eventNames.ts';
import type { QueueMessage } from './ports.ts';
import { LISTING_RECEIVE_COUNT } from './receiveCounts.ts';
import { RequestedReads } from './requestedReads.ts';
import { TransientStates } from './transientStates.ts';

/** Maximum number of WorkSpaces that wait for a read. If more WorkSpaces are affected, a listing replaces their reads. */
export const MAX_PENDING_WORKSPACES = 10_000;
/** Maximum number of messages that wait for reads. The others wait in the queue. */
const MAX_WAITING_MESSAGES = 10_000;
/** Maximum number of WorkSpaces of one refresh, so that the policies of the first one don't wait for the last one. */
const MAX_BATCH = PAGE_SIZE;
/** Maximum time that a listing waits for the events of a flood, in milliseconds. */
const MAX_LISTING_DELAY_MS = 5 * 60_000;
/** Time between two listings, relative to the duration of a listing: they use a quarter of the rate at most. */
const LISTING_PAUSE = 3;

/** Message of the queue, and the reads that its event requires. */
export interface ScheduledMessage extends Pick<QueueMessage, 'messageID' | 'receiptHandle' | 'receiveCount'> {
  /** Subjects to read, by WorkSpace ID. */
  readonly reads: ReadonlyMap<string, readonly ReadSubject[]>;
  /** Whether the event announces new WorkSpaces, which AWS may not return for a while. Defaults to false. */
  readonly creates?: boolean | undefined;
  /** Time of the event, in milliseconds since the epoch. */
  readonly eventAt: number;
  /** Earliest start of the reads, in milliseconds since the epoch: the time of the event and the time that AWS needs to show its effect. */
  readonly readyAt: number;
  /** Time until which the queue hides the message from other receivers, in milliseconds since the epoch. */
  readonly hiddenUntil: number;
}

/** What to read now: single WorkSpaces, or the whole fleet in listings. */
export type DueRefresh = { readonly reads: ReadonlyMap<ReadSubject, readonly string[]> } | { readonly listing: true };

interface WaitingMessage extends ScheduledMessage {
  /** Reads that are not recorded yet, by WorkSpace ID. */
  readonly missing: Map<string, Set<ReadSubject>>;
  /** Whether the message waits for a listing, because too many WorkSpaces wait for reads, or its reads failed too often. */
  readonly awaitsListing: boolean;
}

/**
 * Reads that events require, and the messages that wait for them. A message is complete when a read of each of its WorkSpaces is recorded
 * that started after AWS shows the effect of the event. Several events cause one read. If single reads take more calls than a listing, one
 * listing replaces them. All times are in milliseconds since the epoch.
 */
export class RefreshSchedule {
  readonly #requested = new RequestedReads(MAX_PENDING_WORKSPACES);
  readonly #messages = new Map<string, WaitingMessage>();
  readonly #transient = new TransientStates(MAX_PENDING_WORKSPACES);
  #complete: ScheduledMessage[] = [];
  /** Earliest start of the next listing, because the last one took long. */
  #noListingBefore = Number.NEGATIVE_INFINITY;

  /** Number of WorkSpaces that wait for a read, including those in a transient state. */
  get pending(): number {
    return new Set([...this.#requested.ids, ...this.#transient.ids]).size;
  }

  /** Number of messages that wait for reads. */
  get waiting(): number {
    return this.#messages.size;
  }

  /** Whether to leave further messages in the queue. */
  get isFull(): boolean {
    return this.#messages.size >= MAX_WAITING_MESSAGES;
  }

  /**
   * Adds a message. A message that waits already gets the handle of its new delivery. Returns whether the message is new.
   *
   * @param lastRead returns the start of the last recorded read of a WorkSpace. Undefined if there is none.
   */
  add(
    message: ScheduledMessage,
    lastRead: (workspaceID: string, subject: ReadSubject) => number | undefined = () => undefined,
  ): boolean {
    const known = this.#messages.get(message.messageID);
    if (known !== undefined) {
      const { receiptHandle, receiveCount, hiddenUntil } = message;
      this.#messages.set(message.messageID, { ...known, receiptHandle, receiveCount, hiddenUntil });
      return false;
    }
    const missing = new Map<string, Set<ReadSubject>>();
    const mayReadSingly = message.receiveCount < LISTING_RECEIVE_COUNT;
    let awaitsListing = false;
    for (const [workspaceID, required] of message.reads) {
      const subjects = required.filter(
        (subject) => (lastRead(workspaceID, subject) ?? Number.NEGATIVE_INFINITY) < message.readyAt,
      );
      if (message.creates === true) {
        this.#transient.expect(workspaceID, message.readyAt);
        const readAt = lastRead(workspaceID, 'workspace') ?? Number.NEGATIVE_INFINITY;
        if (readAt >= message.readyAt) {
          this.#followIfExpected(workspaceID, readAt);
        }
      }
      if (subjects.length > 0 && mayReadSingly && this.#requested.hasRoomFor(workspaceID)) {
        missing.set(workspaceID, new Set(subjects));
        this.#requested.request(workspaceID, subjects, message.readyAt, message.messageID);
      } else if (subjects.length > 0) {
        awaitsListing = true;
      }
    }
    if (missing.size === 0 && !awaitsListing) {
      this.#complete.push(message);
    } else {
      this.#messages.set(message.messageID, { ...message, missing, awaitsListing });
    }
    return true;
  }

  /**
   * Returns the reads that are due. Undefined if there are none.
   *
   * @param listingCalls number of calls that a listing of the fleet takes
   */
  due(now: number, listingCalls: number): DueRefresh | undefined {
    const listingAt = this.#listingAt(listingCalls);
    if (listingAt !== undefined) {
      return listingAt <= now ? { listing: true } : undefined;
    }
    const ids = [...this.#requested.dueTimes(), ...this.#transient.dueTimes()]
      .filter(([, at]) => at <= now)
      .sort(([, a], [, b]) => a - b)
      .map(([id]) => id);
    const batch = [...new Set(ids)].slice(0, MAX_BATCH);
    if (batch.length === 0) {
      return undefined;
    }
    const reads = new Map<ReadSubject, string[]>();
    for (const id of batch) {
      const subjects = this.#requested.dueSubjects(id, now);
      const isTransient = this.#transient.dueAt(id) <= now;
      for (const subject of new Set([...subjects, ...(isTransient ? (['workspace'] as const) : [])])) {
        reads.set(subject, [...(reads.get(subject) ?? []), id]);
      }
    }
    return { reads };
  }

  /** Returns the time at which the next read is due. Infinity if none is requested. */
  nextDue(listingCalls: number): number {
    return (
      this.#listingAt(listingCalls) ??
      minimum([this.#requested.first, ...this.#transient.dueTimes().map(([, dueAt]) => dueAt)])
    );
  }

  /** Records that a read is part of the inventory. It answers the requests until its start. */
  recordRead(workspaceID: string, subject: ReadSubject, startedAt: number): void {
    if (!this.#requested.record(workspaceID, subject, startedAt)) {
      return;
    }
    for (const messageID of this.#requested.messagesOf(workspaceID)) {
      const message = this.#messages.get(messageID);
      if (message !== undefined && startedAt >= message.readyAt) {
        const missing = message.missing.get(workspaceID);
        missing?.delete(subject);
        if (missing?.size === 0) {
          message.missing.delete(workspaceID);
          this.#requested.removeMessage(workspaceID, messageID);
        }
        this.#completeIfRead(message);
      }
    }
    this.#requested.removeIfRead(workspaceID);
  }

  /** Returns the requested reads of subjects. */
  requested<T extends ReadSubject>(subjects: readonly T[]): (readonly [workspaceID: string, subject: T])[] {
    return this.#requested.of(subjects);
  }

  /** Records that listings of the whole fleet, requested since `startedAt`, are part of the inventory. */
  recordListing(startedAt: number, endedAt: number): void {
    this.#noListingBefore = endedAt + LISTING_PAUSE * (endedAt - startedAt);
    for (const message of this.#messages.values()) {
      if (message.awaitsListing && message.readyAt <= startedAt) {
        const read = { ...message, awaitsListing: false };
        this.#messages.set(message.messageID, read);
        this.#completeIfRead(read);
      }
    }
    for (const [workspaceID, subject] of this.#requested.of()) {
      this.recordRead(workspaceID, subject, startedAt);
    }
    for (const workspaceID of this.#transient.expectedIDs) {
      this.#followIfExpected(workspaceID, startedAt);
    }
  }

  /**
   * Records a read of the state of a WorkSpace. A WorkSpace in a transient state, or a new one that AWS doesn't return, is read again after
   * growing delays until it is stable, and then its associations are read.
   */
  recordState(workspaceID: string, state: 'Stable' | 'Transient' | 'Missing', readAt: number): void {
    if (state === 'Transient' || (state === 'Missing' && this.#transient.isExpected(workspaceID, readAt))) {
      this.#transient.record(workspaceID, readAt);
      return;
    }
    if (this.#transient.end(workspaceID) && state === 'Stable' && this.#requested.hasRoomFor(workspaceID)) {
      this.#requested.request(workspaceID, ['associations'], readAt);
    }
  }

  /** Records that a listing shows a WorkSpace in a transient state. */
  recordListedTransient(workspaceID: string, listedAt: number): void {
    if (!this.#transient.has(workspaceID)) {
      this.#transient.record(workspaceID, listedAt);
    }
  }

  /**
   * Records that reads of WorkSpaces failed. Returns the messages that wait for them. The schedule forgets them, and the queue delivers them
   * again.
   */
  release(workspaceIDs: readonly string[], now: number): ScheduledMessage[] {
    const released = new Map<string, WaitingMessage>();
    for (const workspaceID of workspaceIDs) {
      for (const messageID of this.#requested.messagesOf(workspaceID)) {
        const message = this.#messages.get(messageID);
        if (message !== undefined) {
          released.set(messageID, message);
        }
      }
      this.#requested.remove(workspaceID);
      if (this.#transient.has(workspaceID)) {
        this.#transient.record(workspaceID, now);
      }
    }
    for (const [messageID, { missing }] of released) {
      this.#messages.delete(messageID);
      for (const workspaceID of missing.keys()) {
        this.#requested.removeMessage(workspaceID, messageID);
      }
    }
    return [...released.values()];
  }

  /** Records that a listing failed. Returns all messages, which the schedule forgets. */
  releaseAll(now: number): ScheduledMessage[] {
    const released = [...this.#messages.values()];
    this.#messages.clear();
    this.#requested.clear();
    for (const workspaceID of this.#transient.ids) {
      this.#transient.record(workspaceID, now);
    }
    return released;
  }

  /** Returns the messages whose reads are recorded, once. */
  takeComplete(): ScheduledMessage[] {
    return this.#complete.splice(0);
  }

  /** Returns the handles of waiting messages that the queue would deliver again before `until`. Hides them until `hiddenUntil`. */
  extend(until: number, hiddenUntil: number): string[] {
    const handles: string[] = [];
    for (const [messageID, message] of this.#messages) {
      if (message.hiddenUntil < until) {
        handles.push(message.receiptHandle);
        this.#messages.set(messageID, { ...message, hiddenUntil });
      }
    }
    return handles;
  }

  /** Reads a new WorkSpace again, because a listing at `readAt` may not contain it yet. */
  #followIfExpected(workspaceID: string, readAt: number): void {
    if (this.#transient.isExpected(workspaceID, readAt)) {
      this.recordListedTransient(workspaceID, readAt);
    }
  }

  /** Returns the time of the next listing. Undefined if single reads take fewer calls. */
  #listingAt(listingCalls: number): number | undefined {
    const forListing = [...this.#messages.values()].filter(({ awaitsListing }) => awaitsListing);
    if (forListing.length === 0 && this.#requested.calls <= listingCalls) {
      return undefined;
    }
    const readyAt = forListing.map((message) => message.readyAt);
    const first = minimum([this.#requested.first, ...readyAt]);
    const last = -minimum([-this.#requested.last, ...readyAt.map((at) => -at)]);
    return Math.max(this.#noListingBefore, Math.min(last, first + MAX_LISTING_DELAY_MS));
  }

  #completeIfRead(message: WaitingMessage): void {
    if (message.missing.size === 0 && !message.awaitsListing) {
      this.#messages.delete(message.messageID);
      this.#complete.push(message);
    }
  }
}
