import type { EventQueue, QueueMessage, ReceiveOptions } from '../eventbridge/ports.ts';
import type { QueueAttributes, SqsEventQueue } from './eventQueue.ts';

/** Queue that loads the SDK's client for SQS with its first call, because most fleets have no events. */
export class LazyEventQueue implements EventQueue {
  readonly #load: () => Promise<SqsEventQueue>;
  #queue: Promise<SqsEventQueue> | undefined;

  constructor(load: () => Promise<SqsEventQueue>) {
    this.#load = load;
  }

  async receive(options: ReceiveOptions, signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const queue = await this.#loaded();
    return queue.receive(options, signal);
  }

  async delete(receiptHandles: readonly string[]): Promise<void> {
    const queue = await this.#loaded();
    return queue.delete(receiptHandles);
  }

  async changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void> {
    const queue = await this.#loaded();
    return queue.changeVisibility(receiptHandles, seconds);
  }

  /** Returns attributes of the queue. Receives no message. Rejects with a FleetError. */
  async attributes(): Promise<QueueAttributes> {
    const queue = await this.#loaded();
    return queue.attributes();
  }

  #loaded(): Promise<SqsEventQueue> {
    this.#queue ??= this.#load();
    return this.#queue;
  }
}
