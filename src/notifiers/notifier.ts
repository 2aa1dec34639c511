import type { DeliveryResult } from '../notifications/deliveryRecords.ts';
import type { ReceiverRequest } from '../notifications/message.ts';
import type { Receiver } from '../notifications/receiver.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';
import { HttpNotifier, type HttpNotifierOptions } from './httpNotifier.ts';
import { SnsNotifier, type SnsNotifierOptions } from './snsNotifier.ts';

/** Sends messages to the receivers of all types. */
export class Notifier {
  readonly #http: HttpNotifier;
  readonly #sns: SnsNotifier;

  constructor(options: HttpNotifierOptions & SnsNotifierOptions) {
    this.#http = new HttpNotifier(options);
    this.#sns = new SnsNotifier(options);
  }

  /** Sends a request once. Never rejects. */
  send(receiver: Receiver, request: ReceiverRequest, provider: ProviderConfig): Promise<DeliveryResult> {
    return provider.type === 'sns' ? this.#sns.send(request, provider) : this.#http.send(receiver, request, provider);
  }
}
