import { createHash } from 'node:crypto';
import { type Backoff, backoffDelay } from '../backoff.ts';
import { compareBy } from '../compare.ts';
import type { NotificationProvider } from '../policy/providerResource.gen.ts';
import { sanitize } from '../sanitize.ts';
import { timestamp } from '../status/resource.ts';
import type { Notice } from './notices.ts';

/** Record of a notification in the status of its provider. */
export type DeliveryRecord = NonNullable<NonNullable<NotificationProvider['status']>['notifications']>[number];

/** Result of a request. */
export type DeliveryResult =
  /** The receiver accepted the message. */
  | { readonly kind: 'Accepted' }
  /** The receiver certainly didn't accept the message. `retryAfterMs`: delay that it demands. */
  | (Failure & { readonly kind: 'Rejected'; readonly retryAfterMs?: number | undefined })
  /** The receiver may have accepted the message. */
  | (Failure & { readonly kind: 'Unknown' })
  /** There was no request, for a reason that isn't the receiver's. */
  | { readonly kind: 'NotSent'; readonly message: string };

interface Failure {
  readonly message: string;
  /** Whether the content can be the cause, so that a part of the message may succeed. Defaults to false. */
  readonly isContent?: boolean;
}

/** Notices that one message contains. */
export interface Batch {
  /** ID of the message: the same notices have the same ID. */
  readonly messageID: string;
  readonly notices: readonly Notice[];
}

const BACKOFF: Backoff = { baseMs: 10_000, maxMs: 30 * 60_000 };
/** Maximum delay that a receiver can demand. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** Returns the records while a message is sent. They must be written before the request. */
export function beginDelivery(
  records: readonly DeliveryRecord[],
  { messageID, notices }: Batch,
  now: Date,
): DeliveryRecord[] {
  const known = new Map(records.map((record) => [record.id, record]));
  const started = notices.map(({ id, event, policy: { metadata } }): DeliveryRecord => {
    const before = known.get(id);
    return {
      id,
      messageID,
      event,
      namespace: metadata.namespace ?? '',
      policy: metadata.name,
      state: 'Sending',
      attempts: (before?.attempts ?? 0) + 1,
      time: timestamp(now),
      firstTime: before?.firstTime ?? timestamp(now),
    };
  });
  const ids = new Set(started.map(({ id }) => id));
  return [...records.filter(({ id }) => !ids.has(id)), ...started].toSorted(compareBy(({ id }) => id));
}

/**
 * Returns the records after the result of a message. If its content can be the cause of a failure, the next attempts send each half of its
 * notifications, so that in the end, a notification that the receiver never accepts doesn't delay others.
 */
export function completeDelivery(
  records: readonly DeliveryRecord[],
  messageID: string,
  result: DeliveryResult,
  isIdempotent: boolean,
  now: Date,
): DeliveryRecord[] {
  const isOfMessage = (record: DeliveryRecord) => record.messageID === messageID && record.state === 'Sending';
  const ids = records.filter(isOfMessage).map(({ id }) => id);
  const isSplit = ids.length > 1 && 'isContent' in result && result.isContent === true;
  const middle = Math.ceil(ids.length / 2);
  const halves = isSplit ? [ids.slice(0, middle), ids.slice(middle)] : [];
  const nextMessageIDs = new Map(halves.flatMap((half) => half.map((id) => [id, messageIDOf(half)] as const)));
  return records.map((record) => {
    const nextMessageID = nextMessageIDs.get(record.id);
    return isOfMessage(record) ? completed(record, result, isIdempotent, nextMessageID, now) : record;
  });
}

/** @param nextMessageID ID of the message that contains the notification next. Undefined if it remains the same */
function completed(
  record: DeliveryRecord,
  result: DeliveryResult,
  isIdempotent: boolean,
  nextMessageID: string | undefined,
  now: Date,
): DeliveryRecord {
  const { nextTime: _, message: __, ...known } = record;
  const base = { ...known, time: timestamp(now) };
  if (result.kind === 'Accepted') {
    return { ...base, state: 'Sent' };
  }
  const message = sanitize(result.message, 256);
  if (result.kind === 'Unknown' && !isIdempotent) {
    return { ...base, state: 'Unknown', message };
  }
  if (result.kind === 'NotSent') {
    return { ...base, state: 'Retrying', attempts: record.attempts - 1, message, nextTime: timestamp(now) };
  }
  const demanded = result.kind === 'Rejected' ? (result.retryAfterMs ?? 0) : 0;
  // The parts of a message are new messages.
  const backoff = backoffDelay(BACKOFF, nextMessageID === undefined ? record.attempts - 1 : 0);
  const delay = Math.max(backoff, Math.min(demanded, MAX_RETRY_AFTER_MS));
  return {
    ...base,
    ...(nextMessageID !== undefined && { messageID: nextMessageID }),
    state: 'Retrying',
    message,
    nextTime: timestamp(new Date(now.getTime() + delay)),
  };
}

/** Returns the ID of the message with some notifications. */
export function messageIDOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.toSorted().join('\n')).digest('hex').slice(0, 32);
}
