import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { DeliveryHealth } from '../../eventbridge/deliveryHealth.ts';
import type { EventQueue } from '../../eventbridge/ports.ts';
import { FleetError } from '../../fleet/errors.ts';
import { sanitize } from '../../sanitize.ts';

export interface MessageCallsOptions {
  readonly queue: Pick<EventQueue, 'delete' | 'changeVisibility'>;
  readonly health: DeliveryHealth;
  readonly clock: Clock;
  readonly log: Logger;
}

type Operation = keyof MessageCallsOptions['queue'];

/** Calls for messages that were received. Never rejects with a FleetError, because a failure only causes another delivery. */
export class MessageCalls {
  readonly #options: MessageCallsOptions;

  constructor(options: MessageCallsOptions) {
    this.#options = options;
  }

  /** Deletes messages. A message that remains is delivered again, and then requires no read. */
  async delete(receiptHandles: readonly string[]): Promise<void> {
    await this.#send('delete', receiptHandles, (queue) => queue.delete(receiptHandles));
  }

  /** Hides messages for `seconds` from now on. */
  async changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void> {
    await this.#send('changeVisibility', receiptHandles, (queue) => queue.changeVisibility(receiptHandles, seconds));
  }

  async #send(
    operation: Operation,
    receiptHandles: readonly string[],
    call: (queue: MessageCallsOptions['queue']) => Promise<void>,
  ): Promise<void> {
    const { queue, health, clock, log } = this.#options;
    if (receiptHandles.length === 0) {
      return;
    }
    try {
      await call(queue);
      health.recordCall(operation, undefined, clock.now().getTime());
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      const isNew = health.recordCall(operation, error, clock.now().getTime());
      log[isNew ? 'warn' : 'debug']({ error: sanitize(error.message, 1024) }, 'event queue call failed');
    }
  }
}
