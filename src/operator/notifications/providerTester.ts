import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { ProviderObject } from '../../kube/resources.ts';
import type { DeliveryPlan } from '../../notifications/delivery.ts';
import type { DeliveryResult } from '../../notifications/deliveryRecords.ts';
import type { Receiver } from '../../notifications/receiver.ts';
import { receiverRequest } from '../../notifications/receiverRequest.ts';
import {
  beginTest,
  completeTest,
  requestedTest,
  type TestRecord,
  testMessage,
} from '../../notifications/testMessage.ts';
import type { Notifier } from '../../notifiers/notifier.ts';
import { formatDuration } from '../../policy/duration.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import { timestamp } from '../../status/resource.ts';
import type { MessageRate } from './messageRate.ts';
import type { NotificationLease } from './notificationLease.ts';
import type { ProviderStatusWriter, WrittenView } from './providerStatusWriter.ts';

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
const NO_INTENT: DeliveryResult = {
  kind: 'NotSent',
  message: 'the API server did not confirm the status before the request, so nothing was sent; request the test again',
};
const LOST: DeliveryResult = {
  kind: 'Unknown',
  message: 'the operator stopped before it recorded the result, so the receiver may have accepted the message',
};

/** Time after which the test message of another process is lost: longer than the maximum timeout of a request. */
const LOST_AFTER_MS = 2 * 60_000;

/** Result of a test message that the status may not show yet. */
interface UnwrittenTest {
  /** Record before the request. Its time distinguishes the attempt from one of another replica. */
  readonly intent: TestRecord;
  readonly result: DeliveryResult;
  readonly at: Date;
}

/** Sends the test messages that the annotation of a provider requests, one for each change of its value. */
export class ProviderTester {
  readonly #options: ProviderTesterOptions;
  readonly #status: Pick<ProviderStatusWriter, 'write' | 'writeIntent'>;
  readonly #rate: Pick<MessageRate, 'delayFor' | 'record'>;
  /** Last result of each provider, by its UID. */
  readonly #unwritten = new Map<string, UnwrittenTest>();

  constructor(
    options: ProviderTesterOptions,
    status: Pick<ProviderStatusWriter, 'write' | 'writeIntent'>,
    rate: Pick<MessageRate, 'delayFor' | 'record'>,
  ) {
    this.#options = options;
    this.#status = status;
    this.#rate = rate;
  }

  forget(uid: string): void {
    this.#unwritten.delete(uid);
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
      return lastTest !== undefined && this.lostIn(object) <= 0
        ? this.#complete(object, uid, view, lastTest)
        : undefined;
    }
    const intent = beginTest(requestedAt, clock.now());
    const refusal = this.#refusalOf(provider);
    if (refusal !== undefined) {
      return this.#status.write(object, { ...view, lastTest: completeTest(intent, refusal, clock.now()) });
    }
    const begun = await this.#status.writeIntent(object, { ...view, lastTest: intent }, () => {
      this.#unwritten.set(uid, { intent, result: NO_INTENT, at: clock.now() });
    });
    const request = receiverRequest(testMessage(provider, requestedAt, clock.now()), provider, receiver.token);
    const result = lease.mayAct ? await notifier.send(receiver, request, provider) : NO_LEASE;
    this.#rate.record(uid, result, clock.monotonic());
    log.info({ provider: name, result: result.kind }, 'test message handled');
    this.#unwritten.set(uid, { intent, result, at: clock.now() });
    return this.#complete(begun, uid, view, intent);
  }

  /**
   * Returns the time after which the result of a test message in progress is written, in milliseconds. 0 for a result that this process
   * knows, and Infinity without a message. The operator of other namespaces may still send it.
   */
  lostIn({ metadata: { uid = '' }, status }: ProviderObject): number {
    const { lastTest } = status ?? {};
    if (lastTest?.state !== 'Sending') {
      return Number.POSITIVE_INFINITY;
    }
    // The clock of the other process can differ.
    const age = Math.abs(this.#options.clock.now().getTime() - Date.parse(lastTest.time));
    return this.#resultOf(uid, lastTest) === undefined ? Math.max(0, LOST_AFTER_MS - age) : 0;
  }

  #resultOf(uid: string, { requestedAt, time }: TestRecord): UnwrittenTest | undefined {
    const known = this.#unwritten.get(uid);
    return known?.intent.requestedAt === requestedAt && known.intent.time === time ? known : undefined;
  }

  /** Writes the result of a test message. It is unknown if another process began the message. */
  async #complete(object: ProviderObject, uid: string, view: WrittenView, intent: TestRecord): Promise<ProviderObject> {
    const { result, at } = this.#resultOf(uid, intent) ?? { result: LOST, at: this.#options.clock.now() };
    const written = await this.#status.write(object, {
      ...view,
      lastTest: completeTest(intent, result, at),
      ...(result.kind === 'Accepted' && { lastSentTime: timestamp(at) }),
    });
    this.forget(uid);
    return written;
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
