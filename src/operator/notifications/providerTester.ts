import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { ProviderObject } from '../../kube/resources.ts';
import type { DeliveryPlan } from '../../notifications/delivery.ts';
import type { DeliveryResult } from '../../notifications/deliveryRecords.ts';
import type { Receiver } from '../../notifications/receiver.ts';
import { receiverRequest } from '../../notifications/receiverRequest.ts';
import { beginTest, completeTest, requestedTest, testMessage } from '../../notifications/testMessage.ts';
import type { Notifier } from '../../notifiers/notifier.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import { timestamp } from '../../status/resource.ts';
import type { MessageRate } from './messageRate.ts';
import { NO_LEASE, type NotificationLease } from './notificationLease.ts';
import type { ProviderStatusWriter } from './providerStatusWriter.ts';

export interface ProviderTesterOptions {
  readonly lease: Pick<NotificationLease, 'mayAct'>;
  readonly notifier: Pick<Notifier, 'send'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const SUSPENDED: DeliveryResult = { kind: 'NotSent', message: 'spec.suspend is true, so nothing is sent' };
const LOST: DeliveryResult = {
  kind: 'Unknown',
  message: 'the operator stopped before it recorded the result, so the receiver may have accepted the message',
};

/** Sends the test messages that the annotation of a provider requests, at most one for each value. */
export class ProviderTester {
  readonly #options: ProviderTesterOptions;
  readonly #status: Pick<ProviderStatusWriter, 'write'>;
  readonly #rate: Pick<MessageRate, 'record'>;

  constructor(
    options: ProviderTesterOptions,
    status: Pick<ProviderStatusWriter, 'write'>,
    rate: Pick<MessageRate, 'record'>,
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
    const begun = await this.#status.write(object, { ...view, lastTest: intent }, true);
    const request = receiverRequest(testMessage(provider, requestedAt, clock.now()), provider, receiver.token);
    const send = () => (lease.mayAct ? notifier.send(receiver, request, provider) : NO_LEASE);
    const result = suspend ? SUSPENDED : await send();
    this.#rate.record(uid, clock.monotonic());
    log.info({ provider: name, result: result.kind }, 'test message handled');
    return this.#status.write(begun, {
      ...view,
      lastTest: completeTest(intent, result, clock.now()),
      ...(result.kind === 'Accepted' && { lastSentTime: timestamp(clock.now()) }),
    });
  }
}
