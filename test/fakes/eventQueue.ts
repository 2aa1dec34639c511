import type { EventQueue, QueueMessage, ReceiveOptions } from '../../src/eventbridge/ports.ts';
import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import { SimulatedQueue } from '../../src/simulator/simulatedQueue.ts';
import { VirtualClock } from './clock.ts';

type Call = keyof EventQueue;

export interface FakeEventQueueOptions {
  readonly clock?: VirtualClock;
  /** Number of deliveries before a message moves to the dead-letter queue. Defaults to 5. */
  readonly maxReceiveCount?: number;
}

/** An EventQueue in memory, without the adapter and HTTP. */
export class FakeEventQueue implements EventQueue {
  readonly clock: VirtualClock;
  readonly deadLetters: SimulatedQueue;
  readonly #queue: SimulatedQueue;
  readonly #failures: { readonly call: Call; readonly kind: FleetErrorKind }[] = [];
  #permanentFailure: FleetErrorKind | undefined;
  /** Number of calls to receive messages that did not fail at the start. */
  receives = 0;
  /** Number of delivered messages, including repeated deliveries. */
  deliveries = 0;

  constructor({ clock = new VirtualClock(), maxReceiveCount = 5 }: FakeEventQueueOptions = {}) {
    this.clock = clock;
    const settings = { visibilityTimeout: 30_000, maxReceiveCount, isShuffled: false };
    const shared = { clock, random: () => 0 };
    this.deadLetters = new SimulatedQueue({ ...shared, settings: { ...settings, name: 'dead-letters' } });
    this.#queue = new SimulatedQueue({
      ...shared,
      settings: { ...settings, name: 'events' },
      deadLetterQueue: this.deadLetters,
    });
  }

  /** Bodies of the messages that are not deleted, from the oldest to the newest. */
  get bodies(): readonly string[] {
    return this.#queue.messages.map(({ body }) => body);
  }

  /** Adds a message, which arrives after a delay in milliseconds. */
  send(body: string, delayMs = 0): void {
    this.#queue.send(body, delayMs);
  }

  /** Deletes all messages, also those in the dead-letter queue. */
  purge(): void {
    this.#queue.purge();
    this.deadLetters.purge();
  }

  /** Makes the next call fail. */
  failNext(call: Call, kind: FleetErrorKind): void {
    this.#failures.push({ call, kind });
  }

  /** Makes every call fail until it is called without a kind. */
  failAlways(kind?: FleetErrorKind): void {
    this.#permanentFailure = kind;
  }

  async receive(
    { maxMessages, waitSeconds, visibilityTimeoutSeconds }: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly QueueMessage[]> {
    this.#fail('receive');
    this.receives++;
    const options = {
      max: maxMessages,
      waitMs: waitSeconds * 1000,
      visibilityTimeoutMs: visibilityTimeoutSeconds * 1000,
    };
    const received = await this.#queue.receive(options, signal);
    if (signal.aborted) {
      throw failure('receive', 'Canceled');
    }
    this.deliveries += received.length;
    return received.map(({ messageID, receiptHandle = '', body, sentAt, receiveCount }) => ({
      messageID,
      receiptHandle,
      body,
      sentAt: new Date(sentAt),
      receiveCount,
    }));
  }

  async delete(receiptHandles: readonly string[]): Promise<void> {
    this.#fail('delete');
    for (const handle of receiptHandles) {
      this.#queue.delete(handle);
    }
  }

  async changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void> {
    this.#fail('changeVisibility');
    for (const handle of receiptHandles) {
      this.#queue.changeVisibility(handle, seconds * 1000);
    }
  }

  #fail(call: Call): void {
    const next = this.#failures.findIndex((candidate) => candidate.call === call);
    const [planned] = next < 0 ? [] : this.#failures.splice(next, 1);
    const kind = planned?.kind ?? this.#permanentFailure;
    if (kind !== undefined) {
      throw failure(call, kind);
    }
  }
}

const OPERATIONS: Readonly<Record<Call, string>> = {
  receive: 'ReceiveMessage',
  delete: 'DeleteMessageBatch',
  changeVisibility: 'ChangeMessageVisibilityBatch',
};

function failure(call: Call, kind: FleetErrorKind): FleetError {
  return new FleetError({ kind, operation: OPERATIONS[call], resource: 'events', reason: `planned ${kind}` });
}
