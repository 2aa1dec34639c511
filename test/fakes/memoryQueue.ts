import type { Clock } from '../../src/clock.ts';
import type { EventQueue, QueueMessage, ReceiveOptions } from '../../src/eventbridge/ports.ts';
import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';

interface StoredMessage {
  readonly messageID: string;
  readonly body: string;
  readonly sentAt: Date;
  /** Time from which receivers get the message, in milliseconds since the epoch. */
  visibleAt: number;
  receiveCount: number;
  receiptHandle: string;
}

/** Number of deliveries after which a message moves to the dead-letter queue. */
const MAX_RECEIVE_COUNT = 5;

/** A standard SQS queue in memory, with long polling, visibility timeouts, and a dead-letter queue. */
export class MemoryQueue implements EventQueue {
  readonly #clock: Clock;
  readonly #messages = new Map<string, StoredMessage>();
  #sent = 0;
  /** Aborted when a message is sent. */
  #wake = new AbortController();
  /** Error of all calls. Undefined if they succeed. */
  failure: FleetErrorKind | undefined;
  /** Bodies of the messages in the dead-letter queue. */
  readonly deadLetters: string[] = [];
  /** Number of calls that received messages, including empty responses. */
  receives = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of messages that are not deleted. */
  get size(): number {
    return this.#messages.size;
  }

  /** Bodies of the messages that are not deleted. */
  get bodies(): string[] {
    return [...this.#messages.values()].map(({ body }) => body);
  }

  send(body: string, delayMs = 0): void {
    const messageID = `message-${++this.#sent}`;
    const now = this.#clock.now();
    this.#messages.set(messageID, {
      messageID,
      body,
      sentAt: now,
      visibleAt: now.getTime() + delayMs,
      receiveCount: 0,
      receiptHandle: '',
    });
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async receive(options: ReceiveOptions, signal: AbortSignal): Promise<readonly QueueMessage[]> {
    this.#requireAvailable('ReceiveMessage');
    this.receives++;
    const until = this.#now + options.waitSeconds * 1_000;
    for (;;) {
      const found = this.#take(options);
      if (found.length > 0 || this.#now >= until) {
        return found;
      }
      const next = [...this.#messages.values()].reduce((first, one) => Math.min(first, one.visibleAt), until);
      const wake = this.#wake.signal;
      try {
        await this.#clock.sleep(Math.max(1, next - this.#now), AbortSignal.any([signal, wake]));
      } catch {
        if (signal.aborted) {
          throw new FleetError({ kind: 'Canceled', operation: 'ReceiveMessage', reason: 'aborted' });
        }
      }
      this.#requireAvailable('ReceiveMessage');
    }
  }

  async delete(receiptHandles: readonly string[]): Promise<void> {
    if (receiptHandles.length > 0) {
      this.#requireAvailable('DeleteMessageBatch');
    }
    for (const message of this.#withHandles(receiptHandles)) {
      this.#messages.delete(message.messageID);
    }
  }

  async changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void> {
    this.#requireAvailable('ChangeMessageVisibilityBatch');
    for (const message of this.#withHandles(receiptHandles)) {
      message.visibleAt = this.#now + seconds * 1_000;
    }
  }

  #take({ maxMessages, visibilityTimeoutSeconds }: ReceiveOptions): QueueMessage[] {
    const received: QueueMessage[] = [];
    for (const message of this.#messages.values()) {
      if (received.length === maxMessages) {
        break;
      }
      if (message.visibleAt > this.#now) {
        continue;
      }
      if (message.receiveCount >= MAX_RECEIVE_COUNT) {
        this.#messages.delete(message.messageID);
        this.deadLetters.push(message.body);
        continue;
      }
      message.receiveCount++;
      message.visibleAt = this.#now + visibilityTimeoutSeconds * 1_000;
      message.receiptHandle = `${message.messageID}/${message.receiveCount}`;
      const { messageID, receiptHandle, body, sentAt, receiveCount } = message;
      received.push({ messageID, receiptHandle, body, sentAt, receiveCount });
    }
    return received;
  }

  #withHandles(receiptHandles: readonly string[]): StoredMessage[] {
    const handles = new Set(receiptHandles);
    return [...this.#messages.values()].filter(({ receiptHandle }) => handles.has(receiptHandle));
  }

  #requireAvailable(operation: string): void {
    if (this.failure !== undefined) {
      throw new FleetError({ kind: this.failure, operation, resource: 'wsap-events', reason: 'injected' });
    }
  }

  get #now(): number {
    return this.#clock.now().getTime();
  }
}
