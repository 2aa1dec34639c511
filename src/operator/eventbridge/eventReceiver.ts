import type { Logger } from 'pino';
import { type Backoff, backoffDelay } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { DeliveryHealth } from '../../eventbridge/deliveryHealth.ts';
import { EVENT_FACTS, type ReadSubject, readyTime } from '../../eventbridge/eventNames.ts';
import type { EventQueue, QueueMessage } from '../../eventbridge/ports.ts';
import type { RefreshSchedule, ScheduledMessage } from '../../eventbridge/refreshSchedule.ts';
import { type EventScope, parseMessage, type WorkspaceEvent } from '../../eventbridge/workspaceEvent.ts';
import { FleetError } from '../../fleet/errors.ts';
import type { AnnouncedReads } from '../../inventory/announcedReads.ts';
import { sanitize } from '../../sanitize.ts';
import type { EventHost, EventObserver } from './eventHost.ts';
import type { MessageCalls } from './messageCalls.ts';

export interface EventReceiverOptions {
  readonly queue: Pick<EventQueue, 'receive'>;
  readonly calls: Pick<MessageCalls, 'delete'>;
  readonly scope: EventScope;
  readonly schedule: RefreshSchedule;
  readonly health: DeliveryHealth;
  readonly reads: Pick<AnnouncedReads, 'readAt' | 'completeSince' | 'discardBefore'>;
  readonly host: Pick<EventHost, 'isActive' | 'otherQueueReader' | 'policyKeys'>;
  readonly observer: EventObserver;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Called after the schedule or the health changed. */
  readonly onChanged: () => void;
}

/** Maximum number of messages of one call (SQS API reference). */
const MAX_MESSAGES = 10;
/** Duration of a long poll (SQS API reference: at most 20 seconds). */
const WAIT_SECONDS = 20;
/** Time for which the queue hides a message. The extender renews it. */
export const VISIBILITY_SECONDS = 180;
/** Delay while the queue isn't read, in milliseconds. */
export const IDLE_DELAY_MS = 5_000;
/** Minimum duration of a call without messages. An endpoint without long polling would be called without a pause. */
const MIN_EMPTY_MS = 1_000;
const FAILURE_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 60_000, jitter: 0.5 };
/** Subjects that are read again only if they were read before, because no policy depends on the others. */
const OPTIONAL_SUBJECTS: ReadonlySet<ReadSubject> = new Set(['tags', 'connection']);

/** Receives the messages of a fleet's queue. No decision depends on their content: they only cause reads. */
export class EventReceiver {
  readonly #options: EventReceiverOptions;

  constructor(options: EventReceiverOptions) {
    this.#options = options;
  }

  /** Receives messages until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const { host, schedule, health, clock, random, log, onChanged } = this.#options;
      const isActive = host.isActive() && host.otherQueueReader() === undefined;
      if (!isActive || schedule.isFull) {
        if (isActive) {
          // The messages arrive, and a listing is about to answer them.
          health.recordReceive(clock.now().getTime(), false);
        }
        onChanged();
        await pause(IDLE_DELAY_MS, clock, signal);
        continue;
      }
      try {
        await this.#receive(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (!(error instanceof FleetError)) {
          throw error;
        }
        health.recordFailure(error, clock.now().getTime());
        log[failures === 0 ? 'warn' : 'debug']({ error: sanitize(error.message, 1024) }, 'event queue not readable');
        onChanged();
        await pause(backoffDelay(FAILURE_BACKOFF, failures++, random), clock, signal);
      }
    }
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const { queue, calls, health, host, clock, onChanged } = this.#options;
    const startedAt = clock.monotonic();
    const options = {
      maxMessages: MAX_MESSAGES,
      waitSeconds: WAIT_SECONDS,
      visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    };
    const messages = await queue.receive(options, signal);
    const now = clock.now().getTime();
    // Once for all messages: a fleet can have a thousand policies.
    const completeSince = messages.length === 0 ? now : this.#options.reads.completeSince(host.policyKeys());
    const unneeded = messages.flatMap((message) => this.#handle(message, completeSince, now));
    health.recordReceive(now, messages.length < MAX_MESSAGES);
    await calls.delete(unneeded);
    onChanged();
    const duration = clock.monotonic() - startedAt;
    if (messages.length === 0 && duration < MIN_EMPTY_MS) {
      await pause(MIN_EMPTY_MS - duration, clock, signal);
    }
  }

  /**
   * Schedules the reads of a message. Returns the handles of messages that require none.
   *
   * @param completeSince time since which everything that policies require was read, in milliseconds since the epoch
   */
  #handle(message: QueueMessage, completeSince: number, now: number): string[] {
    const { scope, observer, health, log } = this.#options;
    const parsed = parseMessage(message.body, scope);
    if ('malformed' in parsed) {
      // The queue moves it to the dead-letter queue.
      observer.onMessage('Other', 'Malformed');
      log[message.receiveCount === 1 ? 'warn' : 'debug'](
        { messageID: sanitize(message.messageID, 128), cause: parsed.malformed },
        'malformed event',
      );
      return [];
    }
    if ('ignored' in parsed) {
      observer.onMessage('Other', 'Ignored');
      return [message.receiptHandle];
    }
    const { event } = parsed;
    if (health.recordEvent(event, now)) {
      observer.onMessage(event.name, 'OwnChange');
      return [message.receiptHandle];
    }
    const needed = this.#neededReads(event);
    if (needed.size === 0) {
      observer.onMessage(event.name, 'NotNeeded');
      return [message.receiptHandle];
    }
    this.#schedule(message, event, needed, completeSince, now);
    return [];
  }

  /** Returns the subjects to read, and the WorkSpaces for which they are needed. */
  #neededReads({ name, workspaceIDs }: WorkspaceEvent): ReadonlyMap<string, readonly ReadSubject[]> {
    const { reads } = this.#options;
    const { reads: subjects } = EVENT_FACTS[name];
    const isNeeded = (workspaceID: string, subject: ReadSubject) =>
      !OPTIONAL_SUBJECTS.has(subject) || reads.readAt(workspaceID, subject) !== undefined;
    return new Map(
      workspaceIDs
        .map((id) => [id, subjects.filter((subject) => isNeeded(id, subject))] as const)
        .filter(([, needed]) => needed.length > 0),
    );
  }

  #schedule(
    { messageID, receiptHandle, receiveCount }: QueueMessage,
    { name, time }: WorkspaceEvent,
    reads: ReadonlyMap<string, readonly ReadSubject[]>,
    completeSince: number,
    now: number,
  ): void {
    const { schedule, observer } = this.#options;
    const message: ScheduledMessage = {
      messageID,
      receiptHandle,
      receiveCount,
      reads,
      creates: EVENT_FACTS[name].creates,
      eventAt: time.getTime(),
      // A time in the future would delay the reads without a limit.
      readyAt: readyTime(name, Math.min(time.getTime(), now)),
      hiddenUntil: now + VISIBILITY_SECONDS * 1_000,
    };
    if (completeSince >= message.readyAt) {
      this.#options.reads.discardBefore(message.readyAt);
    }
    // Complete reads of the policies may contain no tags and connections.
    const lastRead = (workspaceID: string, subject: ReadSubject) => {
      const readAt = this.#options.reads.readAt(workspaceID, subject) ?? Number.NEGATIVE_INFINITY;
      return OPTIONAL_SUBJECTS.has(subject) ? readAt : Math.max(readAt, completeSince);
    };
    if (schedule.add(message, lastRead)) {
      observer.onMessage(name, 'Refreshed');
    }
  }
}

/** Waits, or returns early if the signal is aborted. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}
