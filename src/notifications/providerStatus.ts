import type { NotificationProvider } from '../policy/providerResource.gen.ts';
import { sanitize } from '../sanitize.ts';
import { type AbnormalConditions, type ConditionState, condition, toConditions } from '../status/conditions.ts';
import type { DeliveryRecord } from './deliveryRecords.ts';

/** Status of a NotificationProvider. */
export type ProviderStatus = NonNullable<NotificationProvider['status']>;

/** Reason why a provider can't send. */
export interface ProviderProblem {
  readonly reason: 'InvalidProvider' | 'SecretNotFound' | 'InvalidSecret' | 'ReadFailed' | 'SendFailed';
  readonly message: string;
  /** Whether it requires manual action. If false, the operator retries. */
  readonly terminal: boolean;
}

export interface ProviderView {
  readonly generation: number;
  readonly suspend: boolean;
  readonly problem: ProviderProblem | undefined;
  readonly records: readonly DeliveryRecord[];
  readonly pending: number;
  /** Time at which the receiver last accepted a message. Defaults to the time in the previous status. */
  readonly lastSentTime: string | undefined;
  /** Last test message. Defaults to the one in the previous status. */
  readonly lastTest: ProviderStatus['lastTest'];
}

/** Returns the status of a provider. */
export function providerStatus(
  { generation, suspend, problem, records, pending, lastSentTime, lastTest }: ProviderView,
  previous: ProviderStatus | undefined,
  now: Date,
): ProviderStatus {
  const sentAt = lastSentTime ?? previous?.lastSentTime;
  const test = lastTest ?? previous?.lastTest;
  return {
    observedGeneration: generation,
    conditions: toConditions(
      conditionsOf(suspend, problem, records, pending, sentAt, test),
      generation,
      previous?.conditions ?? [],
      now,
    ),
    pending,
    ...(sentAt !== undefined && { lastSentTime: sentAt }),
    ...(test !== undefined && { lastTest: test }),
    ...(records.length > 0 && { notifications: [...records] }),
  };
}

function conditionsOf(
  suspend: boolean,
  problem: ProviderProblem | undefined,
  records: readonly DeliveryRecord[],
  pending: number,
  sentAt: string | undefined,
  test: ProviderStatus['lastTest'],
): AbnormalConditions & { readonly Ready: ConditionState } {
  if (problem !== undefined) {
    const { reason, message, terminal } = problem;
    return {
      Ready: condition(false, reason, message),
      ...(terminal
        ? { Stalled: condition(true, reason, 'requires manual action; see Ready') }
        : { Reconciling: condition(true, 'ProgressingWithRetry', 'retrying') }),
    };
  }
  if (suspend) {
    return { Ready: condition(true, 'Suspended', `spec.suspend is true; ${countOf(pending)} waiting`) };
  }
  const last = records
    .filter((record) => showsReceiver(record, sentAt))
    .reduce<DeliveryRecord | undefined>((newest, one) => {
      return newest === undefined || one.time > newest.time ? one : newest;
    }, undefined);
  const unknown = records.filter(({ state }) => state === 'Unknown').length;
  const notes = [
    `${countOf(records.filter(({ state }) => state === 'Sent').length)} sent, ${pending} waiting`,
    ...(unknown === 0 ? [] : [`${countOf(unknown)} may be lost; see status.notifications`]),
  ].join('; ');
  if (last?.state === 'Retrying' || last?.state === 'Abandoned') {
    const cause = sanitize(last.message ?? '', 256);
    const next =
      last.state === 'Abandoned' ? '; to check the receiver, send a test message with wsap notify --test' : '';
    return {
      Ready: condition(false, 'SendFailed', `${cause}; ${notes}${next}`),
      ...(last.state === 'Retrying' && { Reconciling: condition(true, 'ProgressingWithRetry', 'retrying') }),
    };
  }
  if (last?.state === 'Unknown' && last.endTime === undefined) {
    return {
      Ready: { status: 'Unknown', reason: 'ResultUnknown', message: `${sanitize(last.message ?? '', 256)}; ${notes}` },
    };
  }
  return { Ready: condition(true, 'ReconciliationSucceeded', `${notes}${testNote(test, sentAt)}`) };
}

/** Describes a test message that the receiver did not accept, until it accepts another message. */
function testNote(test: ProviderStatus['lastTest'], sentAt: string | undefined): string {
  const isOutdated = test !== undefined && sentAt !== undefined && Date.parse(sentAt) > Date.parse(test.time);
  if (test === undefined || isOutdated || (test.state !== 'Rejected' && test.state !== 'Unknown')) {
    return '';
  }
  const result = test.state === 'Rejected' ? 'was not sent' : 'may not have arrived';
  return `; the last test message ${result}: ${sanitize(test.message ?? '', 256)}`;
}

/**
 * Whether a record shows if the receiver works. A notification that isn't sent again doesn't, once the receiver has accepted another message,
 * which can be a test. Neither does one that the provider no longer selects.
 */
function showsReceiver({ state, nextTime, time }: DeliveryRecord, sentAt: string | undefined): boolean {
  switch (state) {
    case 'Sending':
      return false;
    case 'Retrying':
      return nextTime !== undefined;
    case 'Sent':
      return true;
    case 'Unknown':
    case 'Abandoned':
      return sentAt === undefined || Date.parse(sentAt) <= Date.parse(time);
  }
}

function countOf(count: number): string {
  return count === 1 ? '1 notification' : `${count} notifications`;
}

/** Whether a status differs from the written one in more than the times of its conditions. */
export function providerStatusChanged(previous: ProviderStatus | undefined, next: ProviderStatus): boolean {
  return JSON.stringify(comparable(previous)) !== JSON.stringify(comparable(next));
}

function comparable(status: ProviderStatus = {}): unknown {
  const { observedGeneration, conditions = [], pending = 0, lastSentTime, lastTest = {}, notifications = [] } = status;
  return {
    observedGeneration,
    conditions: conditions.map(({ type, status: state, reason, message, observedGeneration: generation }) => {
      return [type, state, reason, message, generation];
    }),
    pending,
    lastSentTime,
    lastTest: Object.entries(lastTest).toSorted(),
    notifications: notifications.map((record) => Object.entries(record).toSorted()),
  };
}
