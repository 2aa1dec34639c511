import { createHash } from 'node:crypto';
import { type Backoff, backoffDelay } from '../backoff.ts';
import { compareBy } from '../compare.ts';
import type { NotificationProvider } from '../policy/providerResource.gen.ts';
import { sanitize } from '../sanitize.ts';
import { timestamp } from '../status/resource.ts';
import { admit, inFairOrder } from './fairShare.ts';
import type { Notice } from './notices.ts';
import { isPast } from './selection.ts';

/** Record of a notification in the status of its provider. */
export type DeliveryRecord = NonNullable<NonNullable<NotificationProvider['status']>['notifications']>[number];

/** Result of a request. */
export type DeliveryResult =
  /** The receiver accepted the message. */
  | { readonly kind: 'Accepted' }
  /** The receiver certainly didn't accept the message. `retryAfterMs`: delay that it demands. */
  | { readonly kind: 'Rejected'; readonly message: string; readonly retryAfterMs?: number | undefined }
  /** The receiver may have accepted the message. */
  | { readonly kind: 'Unknown'; readonly message: string };

/** Notices that one message contains. */
export interface Batch {
  /** ID of the message: the same notices have the same ID. */
  readonly messageID: string;
  readonly notices: readonly Notice[];
}

export interface DeliveryInputs {
  readonly records: readonly DeliveryRecord[];
  /** All notices of the policies that this operator watches, also those that the provider doesn't send. */
  readonly notices: readonly Notice[];
  /** Whether the provider sends a notice. */
  readonly isSelected: (notice: Notice) => boolean;
  /** Whether this operator watches a namespace. It doesn't touch the records of other operators. */
  readonly isOwnNamespace: (namespace: string) => boolean;
  /** Whether the receiver ignores a notification with a known ID. */
  readonly isIdempotent: boolean;
  /** Maximum number of notices in a message. */
  readonly maxNotices: number;
  /** Returns how many of the first notices a message with these notices describes. */
  readonly countDescribed: (notices: readonly Notice[]) => number;
  /** Whether failed messages are sent again without their delay, because the provider changed. */
  readonly ignoresDelay: boolean;
  readonly now: Date;
}

export interface DeliveryPlan {
  /** Records to keep. */
  readonly records: readonly DeliveryRecord[];
  /** Message to send next. */
  readonly batch: Batch | undefined;
  /** Number of notices that wait, including those of the batch. */
  readonly pending: number;
  /** Records whose result was lost with the process that sent them. */
  readonly lost: readonly DeliveryRecord[];
  /** Time at which the next failed message is due. */
  readonly nextAt: Date | undefined;
}

/** Maximum number of records in a status. */
export const MAX_RECORDS = 500;
const DAY_MS = 24 * 3_600_000;
/** Time for which a record remains after its notice, so that a recurring notice isn't repeated within a day. */
const RETENTION_MS = DAY_MS;
/** Time for which records of another operator remain. */
const FOREIGN_RETENTION_MS = 30 * DAY_MS;
const BACKOFF: Backoff = { baseMs: 10_000, maxMs: 30 * 60_000 };
/** Maximum delay that a receiver can demand. */
const MAX_RETRY_AFTER_MS = 3_600_000;

const LOST = 'the operator stopped before it recorded the result, so the receiver may have accepted the notification';

/** Decides which records remain and which message is sent next. Depends only on the statuses, so it is the same in every process. */
export function planDelivery(inputs: DeliveryInputs): DeliveryPlan {
  const { notices, isSelected, isOwnNamespace, isIdempotent, maxNotices, countDescribed, ignoresDelay, now } = inputs;
  const active = new Map(notices.map((notice) => [notice.id, notice]));
  const isLost = ({ state, namespace }: DeliveryRecord) => state === 'Sending' && isOwnNamespace(namespace);
  const isOver = ({ id, namespace }: DeliveryRecord) => isOwnNamespace(namespace) && isPast(active.get(id), now);
  const lost = inputs.records.filter(isLost);
  const recovered = inputs.records.map((record) =>
    isLost(record) ? recoveredFrom(record, isIdempotent, now) : record,
  );
  const selected = notices.filter(isSelected);
  const selectedIDs = new Set(selected.map(({ id }) => id));
  const kept = retained(recovered, active, inputs).map((record) =>
    isOwnNamespace(record.namespace) ? rescheduled(record, isOver(record), now) : record,
  );
  const known = new Set(kept.map(({ id }) => id));
  const fresh = selected.filter(({ id }) => !known.has(id));
  const retrying = kept.filter(({ id, state }) => state === 'Retrying' && selectedIDs.has(id));
  const due = retrying
    .filter(({ nextTime }) => ignoresDelay || isDue(nextTime, now))
    .toSorted(compareBy(({ nextTime = '' }) => nextTime));
  const [firstDue] = due;
  const again = due.flatMap(({ id, messageID }) => (messageID === firstDue?.messageID ? (active.get(id) ?? []) : []));
  const needed = kept.filter((record) => !isOver(record));
  const admitted = admit(inFairOrder(fresh), needed, { maxNotices, maxRecords: MAX_RECORDS });
  const candidates = admitted.length > 0 ? admitted : inFairOrder(again).slice(0, maxNotices);
  const batch = candidates.slice(0, Math.max(1, countDescribed(candidates)));
  const delays = retrying.flatMap(({ nextTime }) => (isDue(nextTime, now) ? [] : [new Date(nextTime ?? now)]));
  return {
    records: admitted.length > 0 ? withRoomFor(batch.length, kept, isOver) : kept,
    batch: batch.length === 0 ? undefined : { messageID: messageIDOf(batch), notices: batch },
    pending: fresh.length + retrying.length,
    lost: isIdempotent ? [] : lost,
    nextAt: delays.toSorted((a, b) => a.getTime() - b.getTime())[0],
  };
}

function recoveredFrom(record: DeliveryRecord, isIdempotent: boolean, now: Date): DeliveryRecord {
  return isIdempotent
    ? { ...record, state: 'Retrying', message: LOST, nextTime: timestamp(now) }
    : { ...record, state: 'Unknown', message: LOST };
}

/** Ends the attempts for a notice that is over, and resumes them if the notice recurs. */
function rescheduled(record: DeliveryRecord, isOver: boolean, now: Date): DeliveryRecord {
  const { nextTime: _, ...others } = record;
  if (record.state === 'Retrying' && isOver) {
    return { ...others, state: 'Abandoned', time: timestamp(now) };
  }
  return record.state === 'Abandoned' && !isOver ? { ...others, state: 'Retrying' } : record;
}

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

/** Returns the records after the result of a message. */
export function completeDelivery(
  records: readonly DeliveryRecord[],
  messageID: string,
  result: DeliveryResult,
  isIdempotent: boolean,
  now: Date,
): DeliveryRecord[] {
  return records.map((record) =>
    record.messageID === messageID && record.state === 'Sending'
      ? completed(record, result, isIdempotent, now)
      : record,
  );
}

function completed(record: DeliveryRecord, result: DeliveryResult, isIdempotent: boolean, now: Date): DeliveryRecord {
  const { nextTime: _, message: __, ...known } = record;
  const base = { ...known, time: timestamp(now) };
  if (result.kind === 'Accepted') {
    return { ...base, state: 'Sent' };
  }
  const message = sanitize(result.message, 256);
  if (result.kind === 'Unknown' && !isIdempotent) {
    return { ...base, state: 'Unknown', message };
  }
  const demanded = result.kind === 'Rejected' ? (result.retryAfterMs ?? 0) : 0;
  const delay = Math.max(backoffDelay(BACKOFF, record.attempts - 1), Math.min(demanded, MAX_RETRY_AFTER_MS));
  return { ...base, state: 'Retrying', message, nextTime: timestamp(new Date(now.getTime() + delay)) };
}

/** Returns the records that prevent a repetition, or that belong to other operators. */
function retained(
  records: readonly DeliveryRecord[],
  active: ReadonlyMap<string, Notice>,
  { isOwnNamespace, now }: DeliveryInputs,
): DeliveryRecord[] {
  return records.filter(({ id, namespace, time }) => {
    const age = now.getTime() - Date.parse(time);
    return isOwnNamespace(namespace) ? active.has(id) || age < RETENTION_MS : age < FOREIGN_RETENTION_MS;
  });
}

/** Makes room for a number of new records by removing the oldest ones whose notice is over. */
function withRoomFor(
  count: number,
  records: readonly DeliveryRecord[],
  isOver: (record: DeliveryRecord) => boolean,
): readonly DeliveryRecord[] {
  const excess = Math.max(0, records.length + count - MAX_RECORDS);
  const oldest = records.filter(isOver).toSorted(compareBy(({ time }) => time));
  const removed = new Set(oldest.slice(0, excess).map(({ id }) => id));
  return records.filter(({ id }) => !removed.has(id));
}

function isDue(nextTime: string | undefined, now: Date): boolean {
  return nextTime === undefined || Date.parse(nextTime) <= now.getTime();
}

function messageIDOf(notices: readonly Notice[]): string {
  return createHash('sha256')
    .update(
      notices
        .map(({ id }) => id)
        .toSorted()
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 32);
}
