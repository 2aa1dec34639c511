import { DeliveryHealth, type RecordedDelivery } from '../../eventbridge/deliveryHealth.ts';
import type { EventQueue } from '../../eventbridge/ports.ts';
import { RefreshSchedule } from '../../eventbridge/refreshSchedule.ts';
import type { EventView } from '../../status/fleetEvents.ts';
import type { EventHost } from './eventHost.ts';
import { EventReceiver, type EventReceiverOptions } from './eventReceiver.ts';
import { EventRefresher, type EventRefresherOptions } from './eventRefresher.ts';
import { MessageCalls } from './messageCalls.ts';
import { VisibilityExtender } from './visibilityExtender.ts';

export interface FleetEventsOptions
  extends Omit<EventReceiverOptions, 'queue' | 'calls' | 'schedule' | 'health' | 'reads' | 'host' | 'onChanged'>,
    Pick<EventRefresherOptions, 'reads' | 'fleet'> {
  readonly queue: EventQueue;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Returns the interval of listings while events arrive, in milliseconds. */
  readonly resyncInterval: () => number;
  readonly host: EventHost;
  /** What an earlier process recorded of the events. */
  readonly recorded: Partial<RecordedDelivery>;
}

/** Events of one fleet: receives them, reads what they announce, and knows whether they arrive. */
export class FleetEvents {
  readonly #options: FleetEventsOptions;
  readonly #schedule = new RefreshSchedule();
  readonly #health: DeliveryHealth;
  readonly #receiver: EventReceiver;
  readonly #refresher: EventRefresher;
  readonly #extender: VisibilityExtender;
  readonly #closing = new AbortController();
  #shown = '';

  constructor(options: FleetEventsOptions) {
    this.#options = options;
    this.#health = new DeliveryHealth(options.recorded);
    const parts = { ...options, schedule: this.#schedule, health: this.#health };
    const shared = { ...parts, calls: new MessageCalls(parts) };
    this.#extender = new VisibilityExtender(shared);
    this.#refresher = new EventRefresher({ ...shared, onChanged: () => this.#report() });
    this.#receiver = new EventReceiver({ ...shared, onChanged: () => this.#onChanged() });
    options.reads.watchListings();
  }

  /** Receives events. Resolves after `close`. */
  async run(): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, this.#options.stopping]);
    await Promise.all([this.#receiver.run(signal), this.#refresher.run(signal), this.#extender.run(signal)]);
  }

  close(): void {
    this.#closing.abort(new Error('the events of the fleet were closed'));
  }

  /** Records a change that the operator made, whose event proves that events arrive. */
  recordChange(requestID: string): void {
    this.#health.recordChange(requestID, this.#now);
  }

  /** Interval of listings, in milliseconds. Undefined while events don't arrive. */
  get resyncInterval(): number | undefined {
    return this.#isReliable ? this.#options.resyncInterval() : undefined;
  }

  /** State for the status and for metrics. */
  get view(): EventView {
    const { receivedAt, lastEventAt, provenAt } = this.#health;
    return {
      delivery: this.#health.state(this.#now),
      otherQueueReader: this.#options.host.otherQueueReader(),
      receivedAt: receivedAt === undefined ? undefined : new Date(receivedAt),
      lastEventAt: lastEventAt === undefined ? undefined : new Date(lastEventAt),
      provenAt: provenAt === undefined ? undefined : new Date(provenAt),
      pendingRefreshes: this.#schedule.pending,
    };
  }

  get #isReliable(): boolean {
    const { host } = this.#options;
    return host.otherQueueReader() === undefined && this.#health.isReliable(this.#now);
  }

  #onChanged(): void {
    this.#refresher.wake();
    this.#report();
  }

  #report(): void {
    const { delivery, otherQueueReader } = this.view;
    const shown = [delivery.reason, otherQueueReader, this.#isReliable].join(' ');
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#options.host.onStateChanged();
    }
  }

  get #now(): number {
    return this.#options.clock.now().getTime();
  }
}
