import type { Clock } from '../clock.ts';
import { MAX_RECEIVE_COUNT } from '../eventbridge/receiveCounts.ts';
import type { QueueDocument } from './seedDocument.ts';

/** Maximum number of messages of a queue. A longer queue loses its oldest messages, as after the retention period of SQS. */
const MAX_MESSAGES = 200_000;

/** Message of a queue. Times are in epoch milliseconds. */
export interface SimulatedMessage {
  readonly messageID: string;
  readonly body: string;
  readonly sentAt: number;
  /** Number of deliveries. */
  readonly receiveCount: number;
  /** Receipt handle of the latest delivery, or undefined before the first. */
  readonly receiptHandle: string | undefined;
  /** Time from which on the message can be received. */
  readonly visibleAt: number;
}

/** Settings of a queue with all defaults. Durations are in milliseconds. */
export interface QueueSettings {
  readonly name: string;
  readonly visibilityTimeout: number;
  readonly maxReceiveCount: number;
  readonly isShuffled: boolean;
}

export interface SimulatedQueueOptions {
  readonly settings: QueueSettings;
  readonly clock: Clock;
  /** Returns numbers in [0, 1), for the order of a shuffled queue. */
  readonly random: () => number;
  /** Dead-letter queue. Defaults to none. */
  readonly deadLetterQueue?: SimulatedQueue | undefined;
}

/** How a delivery of a message changes: the handle is the latest one, an earlier one, or of no message. */
type HandleState = 'InFlight' | 'Expired' | 'Unknown';

/** Standard queue of SQS: at-least-once delivery, visibility timeout, and dead-letter queue. */
export class SimulatedQueue {
  readonly settings: QueueSettings;
  readonly deadLetterQueue: SimulatedQueue | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #messages = new Map<string, SimulatedMessage>();
  readonly #waiting = new Set<AbortController>();
  #sent = 0;
  #isDeleted = false;

  constructor({ settings, clock, random, deadLetterQueue }: SimulatedQueueOptions) {
    this.settings = settings;
    this.deadLetterQueue = deadLetterQueue;
    this.#clock = clock;
    this.#random = random;
  }

  /** Messages from the oldest to the newest, including invisible ones. */
  get messages(): readonly SimulatedMessage[] {
    return [...this.#messages.values()];
  }

  /** Whether the queue exists. A deleted queue has lost its messages. */
  get exists(): boolean {
    return !this.#isDeleted;
  }

  /** Adds a message, which arrives after a delay in milliseconds. Returns its ID. */
  send(body: string, delayMs = 0): string {
    this.#sent += 1;
    const messageID = `00000000-0000-4000-b000-${String(this.#sent).padStart(12, '0')}`;
    const sentAt = this.#now() + delayMs;
    this.#add({ messageID, body, sentAt, receiveCount: 0, receiptHandle: undefined, visibleAt: sentAt });
    return messageID;
  }

  /**
   * Receives up to `max` messages and hides them. Without messages, waits for up to `waitMs` for the first one. An abort ends the wait
   * without messages.
   */
  async receive(
    { max, waitMs, visibilityTimeoutMs }: { max: number; waitMs: number; visibilityTimeoutMs: number },
    signal?: AbortSignal,
  ): Promise<readonly SimulatedMessage[]> {
    const deadline = this.#now() + waitMs;
    for (;;) {
      const now = this.#now();
      if (signal?.aborted) {
        return [];
      }
      const received = this.#take(max, now, visibilityTimeoutMs);
      if (received.length > 0 || now >= deadline) {
        return received;
      }
      const next = this.messages.reduce((earliest, { visibleAt }) => Math.min(earliest, visibleAt), deadline);
      await this.#untilSent(next - now, signal);
    }
  }

  /** Deletes the message of a handle. A handle of an earlier delivery deletes nothing. */
  delete(receiptHandle: string): HandleState {
    const { state, message } = this.#find(receiptHandle);
    if (message !== undefined && state === 'InFlight') {
      this.#messages.delete(message.messageID);
    }
    return state;
  }

  /** Hides the message of a handle for a time from now on, in milliseconds. */
  changeVisibility(receiptHandle: string, visibilityTimeoutMs: number): HandleState {
    const { state, message } = this.#find(receiptHandle);
    const now = this.#now();
    if (message === undefined || state !== 'InFlight' || message.visibleAt <= now) {
      return state === 'InFlight' ? 'Expired' : state;
    }
    this.#messages.set(message.messageID, { ...message, visibleAt: now + visibilityTimeoutMs });
    this.#wake();
    return state;
  }

  /** Returns the numbers of messages that can be received, that arrive later, and that are hidden after a delivery. */
  count(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
    const now = this.#now();
    const hidden = this.messages.filter(({ visibleAt }) => visibleAt > now);
    const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
    return { visible: this.#messages.size - hidden.length, delayed, inFlight: hidden.length - delayed };
  }

  /** Deletes all messages. */
  purge(): void {
    this.#messages.clear();
  }

  /** Deletes the queue with its messages. */
  remove(): void {
    this.#isDeleted = true;
    this.purge();
    this.#wake();
  }

  /** Creates the deleted queue again. */
  restore(): void {
    this.#isDeleted = false;
  }

  #take(max: number, now: number, visibilityTimeoutMs: number): readonly SimulatedMessage[] {
    const received: SimulatedMessage[] = [];
    for (const message of this.#visible(now)) {
      if (received.length === max) {
        break;
      }
      if (this.deadLetterQueue !== undefined && message.receiveCount >= this.settings.maxReceiveCount) {
        this.#messages.delete(message.messageID);
        this.deadLetterQueue.#add({ ...message, receiptHandle: undefined, visibleAt: now });
        continue;
      }
      const receiveCount = message.receiveCount + 1;
      const receiptHandle = Buffer.from(`${message.messageID} ${receiveCount}`).toString('base64');
      const delivered = { ...message, receiveCount, receiptHandle, visibleAt: now + visibilityTimeoutMs };
      this.#messages.set(message.messageID, delivered);
      received.push(delivered);
    }
    return received;
  }

  #visible(now: number): readonly SimulatedMessage[] {
    const visible = this.messages.filter(({ visibleAt }) => visibleAt <= now);
    if (!this.settings.isShuffled) {
      return visible;
    }
    return visible
      .map((message) => ({ message, rank: this.#random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ message }) => message);
  }

  #find(receiptHandle: string): { readonly state: HandleState; readonly message?: SimulatedMessage } {
    const [, messageID, receiveCount] =
      /^([0-9a-f-]{36}) (\d+)$/.exec(Buffer.from(receiptHandle, 'base64').toString()) ?? [];
    if (messageID === undefined || receiveCount === undefined) {
      return { state: 'Unknown' };
    }
    const message = this.#messages.get(messageID);
    return message?.receiptHandle === receiptHandle ? { state: 'InFlight', message } : { state: 'Expired' };
  }

  #add(message: SimulatedMessage): void {
    if (this.#isDeleted) {
      return;
    }
    this.#messages.set(message.messageID, message);
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= MAX_MESSAGES) {
        break;
      }
      this.#messages.delete(oldest);
    }
    this.#wake();
  }

  /** Waits until a message is sent, a time in milliseconds has passed, or the signal is aborted. */
  async #untilSent(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const sent = new AbortController();
    this.#waiting.add(sent);
    const ended = signal === undefined ? sent.signal : AbortSignal.any([sent.signal, signal]);
    await this.#clock.sleep(Math.max(1, ms), ended).catch(() => {});
    this.#waiting.delete(sent);
  }

  #wake(): void {
    for (const waiting of this.#waiting) {
      waiting.abort();
    }
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** Returns the queues of a seed by name. `durationOf` converts a duration, for example, `30s`, to milliseconds. */
export function createQueues(
  documents: readonly QueueDocument[],
  durationOf: (duration: string) => number,
  shared: Pick<SimulatedQueueOptions, 'clock' | 'random'>,
): ReadonlyMap<string, SimulatedQueue> {
  const queues = new Map<string, SimulatedQueue>();
  const create = (name: string): SimulatedQueue | undefined => {
    const document = documents.find((candidate) => candidate.name === name);
    if (document === undefined) {
      return undefined;
    }
    const {
      visibilityTimeout = '30s',
      maxReceiveCount = MAX_RECEIVE_COUNT,
      shuffle = false,
      deadLetterQueue,
    } = document;
    const settings = { name, visibilityTimeout: durationOf(visibilityTimeout), maxReceiveCount, isShuffled: shuffle };
    const queue =
      queues.get(name) ??
      new SimulatedQueue({
        ...shared,
        settings,
        deadLetterQueue: deadLetterQueue === undefined ? undefined : create(deadLetterQueue),
      });
    queues.set(name, queue);
    return queue;
  };
  for (const { name } of documents) {
    create(name);
  }
  return queues;
}
