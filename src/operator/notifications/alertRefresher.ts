import type { Clock } from '../../clock.ts';
import type { DeliveryRecord } from '../../notifications/deliveryRecords.ts';
import { composeMessage, MAX_ENTRIES } from '../../notifications/message.ts';
import type { Notice } from '../../notifications/notices.ts';
import type { ProviderProblem } from '../../notifications/providerStatus.ts';
import type { Receiver } from '../../notifications/receiver.ts';
import { receiverRequest } from '../../notifications/receiverRequest.ts';
import type { Notifier } from '../../notifiers/notifier.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';

export interface AlertRefresherOptions {
  readonly notifier: Pick<Notifier, 'send'>;
  readonly notices: () => readonly Notice[];
  readonly selects: (provider: ProviderConfig, notice: Notice, now: Date) => boolean;
  readonly clock: Clock;
}

/** Interval at which alerts are sent again, in milliseconds. Alertmanager resolves an alert five minutes after the last time. */
const INTERVAL_MS = 60_000;

/** Sends the alerts that last again, as Prometheus does, because Alertmanager resolves an alert that isn't sent again. */
export class AlertRefresher {
  readonly #options: AlertRefresherOptions;
  /** Time of the last repetition (monotonic), by the UID of the provider. */
  readonly #refreshedAt = new Map<string, number>();
  readonly #problems = new Map<string, ProviderProblem>();

  constructor(options: AlertRefresherOptions) {
    this.#options = options;
  }

  /** Returns why the last repetition failed. Undefined if it succeeded. */
  problemOf(uid: string): ProviderProblem | undefined {
    return this.#problems.get(uid);
  }

  forget(uid: string): void {
    this.#refreshedAt.delete(uid);
    this.#problems.delete(uid);
  }

  /** Repeats the accepted alerts of a provider if that is due. Returns the milliseconds until the next repetition. */
  async refresh(
    provider: ProviderConfig,
    receiver: Receiver,
    records: readonly DeliveryRecord[],
    now: Date,
  ): Promise<number> {
    const { notices, selects, notifier, clock } = this.#options;
    if (provider.type !== 'alertmanager') {
      this.forget(provider.uid);
      return Number.POSITIVE_INFINITY;
    }
    const dueIn = (this.#refreshedAt.get(provider.uid) ?? Number.NEGATIVE_INFINITY) + INTERVAL_MS - clock.monotonic();
    if (dueIn > 0) {
      return dueIn;
    }
    this.#refreshedAt.set(provider.uid, clock.monotonic());
    this.#problems.delete(provider.uid);
    const sent = new Set(records.filter(({ state }) => state === 'Sent').map(({ id }) => id));
    const lasting = notices().filter(
      (notice) => notice.endedAt === undefined && sent.has(notice.id) && selects(provider, notice, now),
    );
    for (let start = 0; start < lasting.length; start += MAX_ENTRIES) {
      const batch = { messageID: '', notices: lasting.slice(start, start + MAX_ENTRIES) };
      const request = receiverRequest(composeMessage(batch, provider, now), provider, receiver.token);
      const result = await notifier.send(receiver, request, provider);
      if (result.kind !== 'Accepted') {
        this.#problems.set(provider.uid, { reason: 'SendFailed', message: result.message, terminal: false });
        break;
      }
    }
    return INTERVAL_MS;
  }
}
