import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { ApiClient } from '../../kube/apiClient.ts';
import { type EventRecorder, referenceTo } from '../../kube/events.ts';
import { PROVIDERS, type ProviderObject } from '../../kube/resources.ts';
import type { StatusWriter } from '../../kube/statusWriter.ts';
import { type DeliveryPlan, planDelivery } from '../../notifications/delivery.ts';
import {
  type Batch,
  beginDelivery,
  type DeliveryRecord,
  type DeliveryResult,
} from '../../notifications/deliveryRecords.ts';
import { composeMessage, MAX_ENTRIES } from '../../notifications/message.ts';
import type { Notice } from '../../notifications/notices.ts';
import type { ProviderProblem } from '../../notifications/providerStatus.ts';
import type { Receiver } from '../../notifications/receiver.ts';
import { countDescribed, isIdempotent, receiverRequest } from '../../notifications/receiverRequest.ts';
import { failedTest } from '../../notifications/testMessage.ts';
import type { Notifier } from '../../notifiers/notifier.ts';
import { InvalidResourceError } from '../../policy/invalidField.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import { parseProvider } from '../../policy/parseProvider.ts';
import { timestamp } from '../../status/resource.ts';
import type { NotificationMetrics } from '../metrics/notificationMetrics.ts';
import { AlertRefresher } from './alertRefresher.ts';
import { MessageRate } from './messageRate.ts';
import { NO_LEASE, type NotificationLease } from './notificationLease.ts';
import { ProviderStatusWriter } from './providerStatusWriter.ts';
import { ProviderTester } from './providerTester.ts';
import { readReceiver } from './readReceiver.ts';
import { UnwrittenResults } from './unwrittenResults.ts';

export interface ProviderReconcilerOptions {
  readonly client: Pick<ApiClient, 'request'>;
  readonly writer: Pick<StatusWriter<ProviderObject>, 'apply'>;
  /** Namespace of the Secrets. */
  readonly namespace: string;
  readonly lease: Pick<NotificationLease, 'mayAct' | 'isHeld'>;
  readonly notifier: Pick<Notifier, 'send'>;
  /** Returns the notices of all policies that this operator watches. */
  readonly notices: () => readonly Notice[];
  readonly selects: (provider: ProviderConfig, notice: Notice, now: Date) => boolean;
  readonly isOwnNamespace: (namespace: string) => boolean;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Pick<NotificationMetrics, 'onResult'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Result of a run. */
export interface ProviderRun {
  /** Object with the written status. */
  readonly object: ProviderObject;
  readonly requeueAfterMs: number;
}

/** Maximum interval at which the Secret is read again, in milliseconds. */
const RESYNC_MS = 10 * 60_000;
/** Delay after which a Secret that requires manual action is read again, in milliseconds. */
const PROBLEM_RETRY_MS = 60_000;
/** Delay after an error of the API server, in milliseconds. */
const READ_RETRY_MS = 5_000;
const NO_INTENT: DeliveryResult = {
  kind: 'NotSent',
  message: 'the API server did not confirm the entry before the request, so nothing was sent',
};

/** Sends the notifications of a provider, one message after the other: records the intent, sends, and records the result. */
export class ProviderReconciler {
  readonly #options: ProviderReconcilerOptions;
  readonly #rate = new MessageRate();
  readonly #refresher: AlertRefresher;
  readonly #results = new UnwrittenResults();
  readonly #status: ProviderStatusWriter;
  readonly #tester: ProviderTester;
  /** UIDs of providers whose last message was accepted, so that failed ones needn't wait. */
  readonly #working = new Set<string>();

  constructor(options: ProviderReconcilerOptions) {
    this.#options = options;
    this.#refresher = new AlertRefresher(options);
    this.#status = new ProviderStatusWriter(options, this.#results);
    this.#tester = new ProviderTester(options, this.#status, this.#rate);
  }

  forget(uid: string): void {
    this.#rate.forget(uid);
    this.#refresher.forget(uid);
    this.#results.forget(uid);
    this.#tester.forget(uid);
    this.#working.delete(uid);
  }

  /**
   * Sends at most one message of a provider, and writes its status. Rejects with ApiError, for example, if someone else changed the object,
   * and with StatusNotWrittenError.
   */
  async reconcile(object: ProviderObject): Promise<ProviderRun> {
    const { clock, client, namespace, lease } = this.#options;
    const now = clock.now();
    const records = this.#results.applyTo(object.metadata.uid ?? '', object.status?.notifications ?? []);
    const provider = configOf(object);
    if (provider instanceof InvalidResourceError) {
      const problem: ProviderProblem = { reason: 'InvalidProvider', message: provider.message, terminal: true };
      const lastTest = failedTest(object, problem.message, now);
      const written = await this.#status.write(object, { suspend: false, problem, records, pending: 0, lastTest });
      return { object: written, requeueAfterMs: RESYNC_MS };
    }
    const { suspend, uid } = provider;
    const plan = this.#plan(object, provider, records, now);
    this.#reportLost(object, plan.lost);
    const receiver = await readReceiver(client, namespace, provider);
    if ('reason' in receiver) {
      const lastTest = failedTest(object, receiver.message, now);
      const written = await this.#status.write(object, { ...plan, suspend, problem: receiver, lastTest });
      return { object: written, requeueAfterMs: receiver.terminal ? PROBLEM_RETRY_MS : READ_RETRY_MS };
    }
    const tested = await this.#tester.run(object, provider, receiver, plan);
    if (tested !== undefined) {
      if (tested.status?.lastTest?.state === 'Sent') {
        this.#working.add(uid);
      }
      return { object: tested, requeueAfterMs: 0 };
    }
    const delay = this.#rate.delayFor(uid, provider.maxMessagesPerHour, clock.monotonic());
    if (plan.batch !== undefined && !suspend && delay <= 0) {
      return { object: await this.#deliver(object, provider, receiver, plan, plan.batch), requeueAfterMs: 0 };
    }
    if (suspend) {
      this.#refresher.forget(uid);
    }
    const refreshAfterMs =
      suspend || !lease.mayAct ? RESYNC_MS : await this.#refresher.refresh(provider, receiver, plan.records, now);
    const written = await this.#status.write(object, { ...plan, suspend, problem: this.#refresher.problemOf(uid) });
    return {
      object: written,
      requeueAfterMs: Math.min(
        RESYNC_MS,
        refreshAfterMs,
        this.#tester.lostIn(written),
        plan.batch === undefined || suspend ? RESYNC_MS : delay,
        plan.nextAt === undefined ? RESYNC_MS : Math.max(1_000, plan.nextAt.getTime() - now.getTime()),
      ),
    };
  }

  #plan(
    { metadata, status }: ProviderObject,
    provider: ProviderConfig,
    records: readonly DeliveryRecord[],
    now: Date,
  ): DeliveryPlan {
    const { notices, selects, isOwnNamespace } = this.#options;
    return planDelivery({
      records,
      notices: notices(),
      isSelected: (notice) => selects(provider, notice, now),
      isOwnNamespace,
      isIdempotent: isIdempotent(provider),
      maxNotices: MAX_ENTRIES,
      countDescribed: (described) => countDescribed(described, provider, now),
      ignoresDelay: metadata.generation !== status?.observedGeneration || this.#working.has(provider.uid),
      now,
    });
  }

  async #deliver(
    object: ProviderObject,
    provider: ProviderConfig,
    receiver: Receiver,
    plan: DeliveryPlan,
    batch: Batch,
  ): Promise<ProviderObject> {
    const { clock, lease, notifier } = this.#options;
    const { uid } = provider;
    const view = { suspend: false, problem: undefined, pending: plan.pending };
    const startedAt = clock.now();
    const { messageID } = batch;
    const known = { messageID, startTime: timestamp(startedAt), isIdempotent: isIdempotent(provider) };
    const intended = beginDelivery(plan.records, batch, startedAt);
    const begun = await this.#status.writeIntent(object, { ...view, records: intended }, () => {
      this.#results.remember(uid, { ...known, result: NO_INTENT, at: startedAt });
    });
    const request = receiverRequest(composeMessage(batch, provider, clock.now()), provider, receiver.token);
    const result = lease.mayAct ? await notifier.send(receiver, request, provider) : NO_LEASE;
    const at = clock.now();
    this.#rate.record(uid, result, clock.monotonic());
    this.#results.remember(uid, { ...known, result, at });
    this.#reportResult(begun, provider, batch, result);
    const isAccepted = result.kind === 'Accepted';
    return this.#status.write(begun, {
      ...view,
      records: this.#results.applyTo(uid, begun.status?.notifications ?? []),
      pending: isAccepted ? plan.pending - batch.notices.length : plan.pending,
      ...(isAccepted && { lastSentTime: timestamp(at) }),
    });
  }

  #reportLost(object: ProviderObject, lost: readonly DeliveryRecord[]): void {
    const { events } = this.#options;
    for (const { event, namespace, policy } of lost) {
      const message = `the notification ${event} of policy ${namespace}/${policy} may be lost, because the operator stopped while it sent it`;
      events.record(referenceTo(PROVIDERS, object), 'Warning', 'NotificationUnknown', message);
    }
  }

  #reportResult(object: ProviderObject, { name, uid }: ProviderConfig, batch: Batch, result: DeliveryResult): void {
    const { metrics, events, log } = this.#options;
    const { messageID, notices } = batch;
    const fields = { provider: name, messageID, notifications: notices.length };
    const isWorking = result.kind === 'Accepted';
    metrics.onResult(
      name,
      notices.map(({ event }) => event),
      isWorking ? 'sent' : result.kind === 'Unknown' ? 'unknown' : 'failed',
    );
    if (isWorking) {
      this.#working.add(uid);
      log.info(fields, 'notifications sent');
      return;
    }
    this.#working.delete(uid);
    log.warn({ ...fields, error: result.message }, 'notifications not sent');
    const reason = result.kind === 'Unknown' ? 'NotificationUnknown' : 'NotificationNotSent';
    events.record(referenceTo(PROVIDERS, object), 'Warning', reason, result.message);
  }
}

function configOf(object: ProviderObject): ProviderConfig | InvalidResourceError {
  try {
    return parseProvider(object);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
