import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { ProviderObject } from '../../kube/resources.ts';
import type { DeliveryPlan } from '../../notifications/delivery.ts';
import type { DeliveryResult } from '../../notifications/deliveryRecords.ts';
import type { Receiver } from '../../notifications/receiver.ts';
import { receiverRequest } from '../../notifications/receiverRequest.ts';
import { beginTest, completeTest, requestedTest, testMessage } from '../../notifications/testMessage.ts';
import type { Notifier } from '../../notifiers/notifier.ts';
import { formatDuration } from '../../policy/duration.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import { timestamp } from '../../status/resource.ts';
import type { MessageRate } from './messageRate.ts';
import type { NotificationLease } from './notificationLease.ts';
import type { ProviderStatusWriter } from './providerStatusWriter.ts';

export interface ProviderTesterOptions {
  readonly lease: Pick<NotificationLease, 'mayAct'>;
  readonly notifier: Pick<Notifier, 'send'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const SUSPENDED: DeliveryResult = { kind: 'NotSent', message: 'spec.suspend is true, so nothing is sent' };
const NO_LEASE: DeliveryResult = {
  kind: 'NotSent',
  message: 'the replica lost its lease before the request; request the test again',
};
const LOST: DeliveryResult = {
  kind: 'Unknown',
  message: 'the operator stopped before it recorded the result, so the receiver may have accepted the message',
};

/** Sends the test messages that the annotation of a provider requests, one for each change of its value. */
export class ProviderTester {
  readonly #options: ProviderTesterOptions;
  readonly #status: Pick<ProviderStatusWriter, 'write'>;
  readonly #rate: Pick<MessageRate, 'delayFor' | 'record'>;

  constructor(
    options: ProviderTesterOptions,
    status: Pick<ProviderStatusWriter, 'write'>,
    rate: Pick<MessageRate, 'delayFor' | 'record'>,
  ) {
    this.#options = options;
    this.#status = status;
    this.#rate = rate;
  }

  /** Records the intent, sends the message, and records the result. Returns undefined if no message is requested. */
  async run(
    object: ProviderObject,
    provider: ProviderConfig,
    receiver: Receiver,
    { records, pending }: Pick<DeliveryPlan, 'records' | 'pending'>,
  ): Promise<ProviderObject | undefined> {
    const { clock, lease, notifier, log } = this.#options;
    const { name, uid, suspend } = provider;
    const view = { records, pending, suspend, problem: undefined };
    const requestedAt = requestedTest(object);
    const { lastTest } = object.status ?? {};
    if (requestedAt === undefined) {
      return lastTest?.state === 'Sending'
        ? this.#status.write(object, { ...view, lastTest: completeTest(lastTest, LOST, clock.now()) })
        : undefined;
    }
    const intent = beginTest(requestedAt, clock.now());
    const refusal = this.#refusalOf(provider);
    if (refusal !== undefined) {
      return this.#status.write(object, { ...view, lastTest: completeTest(intent, refusal, clock.now()) });
    }
    const begun = await this.#status.write(object, { ...view, lastTest: intent }, true);
    const request = receiverRequest(testMessage(provider, requestedAt, clock.now()), provider, receiver.token);
    const result = lease.mayAct ? await notifier.send(receiver, request, provider) : NO_LEASE;
    this.#rate.record(uid, clock.monotonic());
    log.info({ provider: name, result: result.kind }, 'test message handled');
    return this.#status.write(begun, {
      ...view,
      lastTest: completeTest(intent, result, clock.now()),
      ...(result.kind === 'Accepted' && { lastSentTime: timestamp(clock.now()) }),
    });
  }

  /** Returns why a test message must not be sent. The limit also applies if tools overwrite the annotation of each other. */
  #refusalOf({ uid, suspend, maxMessagesPerHour }: ProviderConfig): DeliveryResult | undefined {
    if (suspend) {
      return SUSPENDED;
    }
    const delay = this.#rate.delayFor(uid, maxMessagesPerHour, this.#options.clock.monotonic());
    return delay <= 0
      ? undefined
      : {
          kind: 'NotSent',
          message:
            `spec.maxMessagesPerHour, or a delay that the receiver demands, allows the next message in ${formatDuration(delay)}; ` +
            'request the test again then',
        };
  }
}
