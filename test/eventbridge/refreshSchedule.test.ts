import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReadSubject } from '../../src/eventbridge/eventNames.ts';
import {
  MAX_PENDING_WORKSPACES,
  RefreshSchedule,
  type ScheduledMessage,
} from '../../src/eventbridge/refreshSchedule.ts';
import { ws } from '../builders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FEW_CALLS = 1_000;

let sent = 0;

/** Returns a message that requires reads of the associations of WorkSpaces. */
function message(
  workspaceIDs: readonly string[],
  readyAt: number,
  more: Partial<ScheduledMessage> & { readonly subjects?: readonly ReadSubject[] } = {},
): ScheduledMessage {
  const { subjects = ['associations'], ...rest } = more;
  const messageID = `message-${++sent}`;
  return {
    messageID,
    receiptHandle: `handle of ${messageID}`,
    receiveCount: 1,
    reads: new Map(workspaceIDs.map((id) => [id, subjects])),
    eventAt: readyAt,
    readyAt,
    hiddenUntil: readyAt + 180 * SECOND,
    ...rest,
  };
}

/** Returns the IDs of the messages that became complete. */
function completed(schedule: RefreshSchedule): string[] {
  return schedule.takeComplete().map(({ messageID }) => messageID);
}

/** Returns the due reads as text, for example, `associations ws-1`. */
function due(schedule: RefreshSchedule, now: number, listingCalls = FEW_CALLS): string[] {
  const found = schedule.due(now, listingCalls);
  if (found === undefined) {
    return [];
  }
  return 'listing' in found
    ? ['listing']
    : [...found.reads].flatMap(([subject, ids]) => ids.map((id) => `${subject} ${id}`));
}

describe('a read', () => {
  test('is due when AWS shows the effect of the event', () => {
    const schedule = new RefreshSchedule();
    schedule.add(message([ws(1)], 5 * SECOND));
    expect(schedule.nextDue(FEW_CALLS)).toBe(5 * SECOND);
    expect(due(schedule, 5 * SECOND - 1)).toEqual([]);
    expect(due(schedule, 5 * SECOND)).toEqual([`associations ${ws(1)}`]);
  });

  test('completes a message only if it started after AWS shows the effect of the event', () => {
    const schedule = new RefreshSchedule();
    const one = message([ws(1)], 5 * SECOND);
    schedule.add(one);
    schedule.recordRead(ws(1), 'associations', 5 * SECOND - 1);
    expect(completed(schedule)).toEqual([]);
    schedule.recordRead(ws(1), 'associations', 5 * SECOND);
    expect(completed(schedule)).toEqual([one.messageID]);
    expect(schedule.pending).toBe(0);
  });

  test('completes a message only if all subjects of all its WorkSpaces were read', () => {
    const schedule = new RefreshSchedule();
    const one = message([ws(1), ws(2)], 0, { subjects: ['workspace', 'associations'] });
    schedule.add(one);
    schedule.recordRead(ws(1), 'workspace', 1);
    schedule.recordRead(ws(1), 'associations', 1);
    schedule.recordRead(ws(2), 'workspace', 1);
    expect(completed(schedule)).toEqual([]);
    schedule.recordRead(ws(2), 'associations', 1);
    expect(completed(schedule)).toEqual([one.messageID]);
  });

  test('answers all events before it, and another one follows for the later ones', () => {
    const schedule = new RefreshSchedule();
    const [early, late] = [message([ws(1)], 5 * SECOND), message([ws(1)], 20 * SECOND)];
    schedule.add(late);
    schedule.add(early);
    schedule.recordRead(ws(1), 'associations', 10 * SECOND);
    expect(completed(schedule)).toEqual([early.messageID]);
    expect(due(schedule, 19 * SECOND)).toEqual([]);
    schedule.recordRead(ws(1), 'associations', 20 * SECOND);
    expect(completed(schedule)).toEqual([late.messageID]);
  });

  test('is not postponed by a stream of events', () => {
    const schedule = new RefreshSchedule();
    for (let at = 0; at < 10; at++) {
      schedule.add(message([ws(1)], 5 * SECOND + at * SECOND));
    }
    expect(due(schedule, 5 * SECOND)).toEqual([`associations ${ws(1)}`]);
  });

  test('is not required for an event before the last one', () => {
    const schedule = new RefreshSchedule();
    const late = message([ws(1)], 5 * SECOND);
    schedule.add(late, () => 5 * SECOND);
    expect(completed(schedule)).toEqual([late.messageID]);
    expect(schedule.nextDue(FEW_CALLS)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a message', () => {
  test('that the queue delivers again is completed with its last handle', () => {
    const schedule = new RefreshSchedule();
    const first = message([ws(1)], 0);
    expect(schedule.add(first)).toBe(true);
    expect(schedule.add({ ...first, receiptHandle: 'second handle', receiveCount: 2 })).toBe(false);
    schedule.recordRead(ws(1), 'associations', 0);
    expect(schedule.takeComplete()).toMatchObject([{ receiptHandle: 'second handle', receiveCount: 2 }]);
  });

  test('of a failed read is released with all its WorkSpaces', () => {
    const schedule = new RefreshSchedule();
    const [both, other] = [message([ws(1), ws(2)], 0), message([ws(2)], 0)];
    schedule.add(both);
    schedule.add(other);
    expect(schedule.release([ws(1)], 0)).toMatchObject([{ messageID: both.messageID }]);
    schedule.recordRead(ws(2), 'associations', 0);
    expect(completed(schedule)).toEqual([other.messageID]);
  });

  test('is hidden for longer before the queue would deliver it again', () => {
    const schedule = new RefreshSchedule();
    const one = message([ws(1)], 10 * MINUTE, { hiddenUntil: 3 * MINUTE });
    schedule.add(one);
    expect(schedule.extend(3 * MINUTE, 6 * MINUTE)).toEqual([]);
    expect(schedule.extend(3 * MINUTE + 1, 6 * MINUTE)).toEqual([one.receiptHandle]);
    expect(schedule.extend(3 * MINUTE + 1, 6 * MINUTE)).toEqual([]);
  });
});

test('a message that was delivered ten times waits for a listing instead of its reads', () => {
  const schedule = new RefreshSchedule();
  schedule.add(message([ws(1)], 5 * SECOND, { receiveCount: 10 }));
  expect(due(schedule, 5 * SECOND)).toEqual(['listing']);
  expect(completed(schedule)).toEqual([]);
  schedule.recordListing(5 * SECOND, 6 * SECOND);
  expect(completed(schedule)).toHaveLength(1);
  schedule.add(message([ws(1)], 5 * SECOND, { receiveCount: 10 }), () => 5 * SECOND);
  expect(completed(schedule)).toHaveLength(1);
});

describe('a WorkSpace in a transient state', () => {
  test('is read again after growing delays, and then its associations are read', () => {
    const schedule = new RefreshSchedule();
    const readAt: number[] = [];
    let now = 0;
    schedule.recordState(ws(1), 'Transient', now);
    while (readAt.length < 8) {
      now = schedule.nextDue(FEW_CALLS);
      expect(due(schedule, now)).toEqual([`workspace ${ws(1)}`]);
      readAt.push(now / MINUTE);
      schedule.recordState(ws(1), 'Transient', now);
    }
    expect(readAt).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
    schedule.recordState(ws(1), 'Stable', now);
    expect(due(schedule, now)).toEqual([`associations ${ws(1)}`]);
    schedule.recordRead(ws(1), 'associations', now);
    expect(schedule.pending).toBe(0);
  });

  test('includes a new WorkSpace that AWS doesn’t return, for half an hour', () => {
    const schedule = new RefreshSchedule();
    schedule.add(message([ws(1)], 0, { subjects: ['workspace'], creates: true }));
    const readAt: number[] = [];
    for (let now = 0; now !== Number.POSITIVE_INFINITY; now = schedule.nextDue(FEW_CALLS)) {
      readAt.push(now / MINUTE);
      schedule.recordRead(ws(1), 'workspace', now);
      schedule.recordState(ws(1), 'Missing', now);
    }
    expect(readAt).toEqual([0, 1, 3, 7, 15, 31]);
    expect(schedule.pending).toBe(0);
  });

  test('includes a new WorkSpace after a listing that answers its message, because AWS may not have returned it', () => {
    const schedule = new RefreshSchedule();
    const created = message([ws(1)], MINUTE, { subjects: ['workspace', 'associations'], creates: true });
    schedule.add(created);
    schedule.recordListing(2 * MINUTE, 2 * MINUTE);
    expect(completed(schedule)).toEqual([created.messageID]);
    expect(due(schedule, 3 * MINUTE)).toEqual([`workspace ${ws(1)}`]);
  });

  test('includes a new WorkSpace whose message arrives after such a listing', () => {
    const schedule = new RefreshSchedule();
    const created = message([ws(1)], MINUTE, { subjects: ['workspace', 'associations'], creates: true });
    schedule.add(created, () => 2 * MINUTE);
    expect(completed(schedule)).toEqual([created.messageID]);
    expect(due(schedule, 3 * MINUTE)).toEqual([`workspace ${ws(1)}`]);
  });

  test('does not include a new WorkSpace after a listing half an hour later', () => {
    const schedule = new RefreshSchedule();
    const created = () => message([ws(1)], MINUTE, { subjects: ['workspace', 'associations'], creates: true });
    schedule.add(created());
    schedule.recordListing(31 * MINUTE, 31 * MINUTE);
    schedule.add(created(), () => 31 * MINUTE);
    expect(completed(schedule)).toHaveLength(2);
    expect(schedule.pending).toBe(0);
  });

  test('does not include a missing WorkSpace that is not new', () => {
    const schedule = new RefreshSchedule();
    schedule.add(message([ws(1)], 0, { subjects: ['workspace'] }));
    schedule.recordRead(ws(1), 'workspace', 0);
    schedule.recordState(ws(1), 'Missing', 0);
    expect(schedule.pending).toBe(0);
  });

  test('ends with the WorkSpace, without a read of its associations', () => {
    const schedule = new RefreshSchedule();
    schedule.recordState(ws(1), 'Transient', 0);
    schedule.recordState(ws(1), 'Missing', MINUTE);
    expect(schedule.pending).toBe(0);
  });

  test('in a listing is read again, without a change of an earlier delay', () => {
    const schedule = new RefreshSchedule();
    schedule.recordListedTransient(ws(1), 0);
    schedule.recordListedTransient(ws(1), 50 * SECOND);
    expect(schedule.nextDue(FEW_CALLS)).toBe(MINUTE);
  });
});

describe('a flood', () => {
  const floodOf = (count: number, readyAt = MINUTE) =>
    Array.from({ length: count / 20 }, (_, n) =>
      message(
        Array.from({ length: 20 }, (_, index) => ws(20 * n + index)),
        readyAt,
      ),
    );

  test('of more reads than a listing takes is answered by one listing', () => {
    const schedule = new RefreshSchedule();
    const flood = floodOf(5_000);
    flood.forEach((one) => void schedule.add(one));
    expect(due(schedule, MINUTE - 1, 400)).toEqual([]);
    expect(due(schedule, MINUTE, 400)).toEqual(['listing']);
    schedule.recordListing(MINUTE, 5 * MINUTE);
    expect(completed(schedule).sort()).toEqual(flood.map(({ messageID }) => messageID).sort());
    expect(schedule.pending).toBe(0);
  });

  test('that continues causes the next listing only after a pause of three times the duration', () => {
    const schedule = new RefreshSchedule();
    floodOf(1_000).forEach((one) => void schedule.add(one));
    schedule.recordListing(MINUTE, 5 * MINUTE);
    floodOf(1_000, 2 * MINUTE).forEach((one) => void schedule.add(one));
    expect(due(schedule, 17 * MINUTE - 1, 400)).toEqual([]);
    expect(due(schedule, 17 * MINUTE, 400)).toEqual(['listing']);
  });

  test('doesn’t postpone the listing without a limit', () => {
    const schedule = new RefreshSchedule();
    floodOf(1_000, MINUTE).forEach((one) => void schedule.add(one));
    floodOf(1_000, 60 * MINUTE).forEach((one) => void schedule.add(one));
    expect(schedule.nextDue(400)).toBe(6 * MINUTE);
    schedule.recordListing(6 * MINUTE, 6 * MINUTE);
    expect(completed(schedule)).toHaveLength(50);
  });

  test('of more WorkSpaces than the maximum keeps no more of them, and a listing answers all', () => {
    const schedule = new RefreshSchedule();
    const flood = floodOf(2 * MAX_PENDING_WORKSPACES);
    flood.forEach((one) => void schedule.add(one));
    expect(schedule.pending).toBe(MAX_PENDING_WORKSPACES);
    expect(due(schedule, MINUTE, Number.POSITIVE_INFINITY)).toEqual(['listing']);
    schedule.recordListing(MINUTE, MINUTE);
    expect(completed(schedule)).toHaveLength(flood.length);
  });

  test('whose listing fails releases all messages', () => {
    const schedule = new RefreshSchedule();
    const flood = floodOf(1_000);
    flood.forEach((one) => void schedule.add(one));
    expect(schedule.releaseAll(MINUTE)).toHaveLength(flood.length);
    expect(schedule.pending + schedule.waiting).toBe(0);
  });

  test('of messages leaves the others in the queue', () => {
    const schedule = new RefreshSchedule();
    for (let n = 0; n < 10_000; n++) {
      expect(schedule.isFull).toBe(false);
      schedule.add(message([ws(n % 10)], MINUTE));
    }
    expect(schedule.isFull).toBe(true);
  });
});

/** One delivery of an event, and what happens next. Times are in seconds. */
interface Delivery {
  readonly workspaces: readonly number[];
  readonly eventAt: number;
  readonly deliveredAt: number;
  readonly copies: number;
  readonly subjects: readonly ReadSubject[];
}

const deliveries = fc.array(
  fc.record<Delivery>({
    workspaces: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
    eventAt: fc.integer({ min: 0, max: 600 }),
    // Up to hours late.
    deliveredAt: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 600, max: 20_000 })),
    copies: fc.integer({ min: 1, max: 3 }),
    subjects: fc.subarray<ReadSubject>(['workspace', 'associations', 'tags', 'connection'], { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 25 },
);

test('each message is complete only after a read that AWS shows the effect in, with few reads', () => {
  fc.assert(
    fc.property(
      deliveries,
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 1, max: 60 }),
      (all, failEvery, calls) => {
        const schedule = new RefreshSchedule();
        const settle = 5;
        const lastRead = new Map<string, number>();
        const messages = all
          .flatMap((delivery) => Array.from({ length: delivery.copies }, () => delivery))
          .map(({ workspaces, eventAt, deliveredAt, subjects }) => ({
            deliveredAt: Math.max(eventAt, deliveredAt),
            message: message(workspaces.map(ws), eventAt + settle, { subjects, hiddenUntil: Number.POSITIVE_INFINITY }),
          }))
          .sort((a, b) => a.deliveredAt - b.deliveredAt);
        const byID = new Map(messages.map((one) => [one.message.messageID, one.message]));
        const done = new Set<string>();
        let [now, reads, attempts] = [0, 0, 0];
        const check = () => {
          for (const { messageID } of schedule.takeComplete()) {
            done.add(messageID);
            const { reads: required, readyAt = 0 } = byID.get(messageID) ?? { reads: new Map() };
            for (const [id, subjects] of required) {
              for (const subject of subjects) {
                expect(lastRead.get(`${id} ${subject}`)).toBeGreaterThanOrEqual(readyAt);
              }
            }
          }
        };
        const readUntil = (until: number) => {
          for (
            now = Math.max(now, schedule.nextDue(calls));
            now <= until;
            now = Math.max(now, schedule.nextDue(calls))
          ) {
            const next = schedule.due(now, calls);
            expect(next).toBeDefined();
            if (next !== undefined && 'listing' in next) {
              for (const id of [1, 2, 3, 4, 5, 6].map(ws)) {
                ['workspace', 'associations', 'tags', 'connection'].forEach(
                  (one) => void lastRead.set(`${id} ${one}`, now),
                );
              }
              schedule.recordListing(now, now);
              reads++;
            } else {
              for (const [subject, ids] of next?.reads ?? []) {
                for (const id of ids) {
                  reads++;
                  const isFailed = failEvery > 1 && ++attempts % failEvery === 0 && attempts < 50;
                  if (isFailed) {
                    // The queue delivers it again.
                    schedule.release([id], now).forEach((one) => void schedule.add({ ...one, receiveCount: 2 }));
                  } else {
                    lastRead.set(`${id} ${subject}`, now);
                    schedule.recordRead(id, subject, now);
                  }
                }
              }
            }
            check();
          }
        };
        for (const one of messages) {
          readUntil(one.deliveredAt);
          now = Math.max(now === Number.POSITIVE_INFINITY ? 0 : now, one.deliveredAt);
          now = one.deliveredAt;
          schedule.add(one.message, (id, subject) => lastRead.get(`${id} ${subject}`));
          check();
        }
        readUntil(100_000);
        expect(done.size).toBe(messages.length);
        // At most one read of each subject for each event time of a WorkSpace.
        const times = new Set(
          messages.flatMap(({ message: { reads: required, readyAt } }) =>
            [...required].flatMap(([id, subjects]) => subjects.map((subject) => `${id} ${subject} ${readyAt}`)),
          ),
        );
        expect(reads - Math.floor(attempts / Math.max(1, failEvery))).toBeLessThanOrEqual(times.size + attempts);
        if (failEvery <= 1) {
          expect(reads).toBeLessThanOrEqual(times.size);
        }
      },
    ),
    { numRuns: 300 },
  );
});
