import { compareBy } from '../compare.ts';
import { timestamp } from '../status/resource.ts';
import { type Batch, type DeliveryRecord, MAX_RETRY_AFTER_MS, messageIDOf } from './deliveryRecords.ts';
import { admit, inFairOrder } from './fairShare.ts';
import type { Notice } from './notices.ts';
import { isPast } from './selection.ts';

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
/** Time for which a record remains after the end of its notice, so that a notice that recurs within a day isn't repeated. */
const RETENTION_MS = DAY_MS;
/** Time for which records of another operator remain. */
const FOREIGN_RETENTION_MS = 30 * DAY_MS;

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
  const isWanted = ({ id }: DeliveryRecord) => isWantedLater(active.get(id), isSelected);
  const kept = retained(recovered, active, inputs).map((record) =>
    isOwnNamespace(record.namespace) ? rescheduled(record, isOver(record), isWanted(record), now) : record,
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
    batch: batch.length === 0 ? undefined : { messageID: messageIDOf(batch.map(({ id }) => id)), notices: batch },
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

/** Whether a provider sends a notice now, or once the status of the policy describes its spec. */
function isWantedLater(notice: Notice | undefined, isSelected: DeliveryInputs['isSelected']): boolean {
  return notice !== undefined && notice.policy.spec?.suspend !== true && isSelected({ ...notice, isCurrent: true });
}

/**
 * Records the end of a notice, which ends the attempts. Resumes them if the notice recurs. While the provider doesn't select the notice, it
 * has no time of a next attempt.
 */
function rescheduled(record: DeliveryRecord, isOver: boolean, isWanted: boolean, now: Date): DeliveryRecord {
  const { endTime = timestamp(now), ...lasting } = record;
  const { nextTime = timestamp(now), ...others } = lasting;
  if (!isOver) {
    const isRetried = record.state === 'Retrying' || record.state === 'Abandoned';
    return isRetried ? { ...others, state: 'Retrying', ...(isWanted && { nextTime }) } : lasting;
  }
  return record.state === 'Retrying'
    ? { ...others, state: 'Abandoned', time: timestamp(now), endTime }
    : { ...lasting, endTime };
}

/** Returns the records that prevent a repetition, or that belong to other operators. */
function retained(
  records: readonly DeliveryRecord[],
  active: ReadonlyMap<string, Notice>,
  { isOwnNamespace, now }: DeliveryInputs,
): DeliveryRecord[] {
  const age = (time: string) => now.getTime() - Date.parse(time);
  return records.filter(({ id, namespace, time, endTime }) =>
    isOwnNamespace(namespace)
      ? active.has(id) || endTime === undefined || age(endTime) < RETENTION_MS
      : age(time) < FOREIGN_RETENTION_MS,
  );
}

/** Makes room for a number of new records by removing those whose notice ended first. */
function withRoomFor(
  count: number,
  records: readonly DeliveryRecord[],
  isOver: (record: DeliveryRecord) => boolean,
): readonly DeliveryRecord[] {
  const excess = Math.max(0, records.length + count - MAX_RECORDS);
  const oldest = records.filter(isOver).toSorted(compareBy(({ time, endTime = time }) => endTime));
  const removed = new Set(oldest.slice(0, excess).map(({ id }) => id));
  return records.filter(({ id }) => !removed.has(id));
}

/** Whether a failed message is sent again. A time that no delay explains was recorded before the clock was set back. */
function isDue(nextTime: string | undefined, now: Date): boolean {
  const delay = nextTime === undefined ? 0 : Date.parse(nextTime) - now.getTime();
  return delay <= 0 || delay > 2 * MAX_RETRY_AFTER_MS;
}
