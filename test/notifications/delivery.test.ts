import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeliveryInputs, MAX_RECORDS, planDelivery } from '../../src/notifications/delivery.ts';
import {
  beginDelivery,
  completeDelivery,
  type DeliveryRecord,
  type DeliveryResult,
} from '../../src/notifications/deliveryRecords.ts';
import type { Notice } from '../../src/notifications/notices.ts';
import { noticeOf, waitingPolicy } from './policies.ts';

const NOW = new Date('2027-01-02T00:00:00Z');
const HOUR = 3_600_000;
const later = (ms: number) => new Date(NOW.getTime() + ms);

const plan = (
  notices: readonly Notice[],
  records: readonly DeliveryRecord[] = [],
  more: Partial<DeliveryInputs> = {},
) =>
  planDelivery({
    records,
    notices,
    isSelected: ({ isCurrent }) => isCurrent,
    isOwnNamespace: () => true,
    isIdempotent: false,
    maxNotices: MAX_RECORDS,
    countDescribed: ({ length }) => length,
    ignoresDelay: false,
    now: NOW,
    ...more,
  });

/** Returns the records after a message with these notices and a result. */
function recordsAfter(
  notices: readonly Notice[],
  result: DeliveryResult,
  now = NOW,
  isIdempotent = false,
): DeliveryRecord[] {
  const { batch, records } = plan(notices);
  if (batch === undefined) {
    throw new Error('nothing is sent');
  }
  return completeDelivery(beginDelivery(records, batch, now), batch.messageID, result, isIdempotent, now);
}

/** Returns a notice of a policy in a namespace. */
function noticeIn(namespace: string, name: string, event: Notice['event'] = 'PlanAwaitingApproval'): Notice {
  const notice = noticeOf(waitingPolicy(`${namespace}-${name}`));
  const metadata = { ...notice.policy.metadata, namespace, name };
  return { ...notice, event, policy: { ...notice.policy, metadata } };
}

const ACCEPTED: DeliveryResult = { kind: 'Accepted' };
const REFUSED: DeliveryResult = { kind: 'Rejected', message: 'ECONNREFUSED' };

describe('a delivery', () => {
  const notice = noticeOf(waitingPolicy());

  test('sends all new notices in one message, and none again', () => {
    const notices = [noticeOf(waitingPolicy('b')), noticeOf(waitingPolicy('a'))];
    const first = plan(notices);
    expect(first.batch?.notices.map(({ policy }) => policy.metadata.name)).toEqual(['a', 'b']);
    expect(first.pending).toBe(2);
    const sent = recordsAfter(notices, ACCEPTED);
    expect(sent.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['Sent', 1],
      ['Sent', 1],
    ]);
    expect(plan(notices, sent)).toMatchObject({ batch: undefined, pending: 0 });
  });

  test('tries again after a delay if the receiver did not accept the message', () => {
    const records = recordsAfter([notice], REFUSED);
    expect(records).toMatchObject([{ state: 'Retrying', attempts: 1, message: 'ECONNREFUSED' }]);
    expect(plan([notice], records)).toMatchObject({ batch: undefined, pending: 1, nextAt: later(10_000) });
    expect(plan([notice], records, { now: later(10_000) }).batch?.notices).toEqual([notice]);
    expect(plan([notice], records, { ignoresDelay: true }).batch?.notices).toEqual([notice]);
    // The clock was set back by a day.
    expect(plan([notice], records, { now: later(-24 * HOUR) }).batch?.notices).toEqual([notice]);
  });

  test('honors the delay that the receiver demands, up to an hour', () => {
    const at = (retryAfterMs: number) =>
      recordsAfter([notice], { kind: 'Rejected', message: 'HTTP 429', retryAfterMs }).map(({ nextTime }) => nextTime);
    expect(at(120_000)).toEqual(['2027-01-02T00:02:00Z']);
    expect(at(30 * HOUR)).toEqual(['2027-01-02T01:00:00Z']);
  });

  test('tries again every 30 minutes for as long as the notice lasts', () => {
    const [record] = recordsAfter([notice], REFUSED);
    const old = { ...record, state: 'Sending', attempts: 200, firstTime: '2026-12-01T00:00:00Z' } as DeliveryRecord;
    const records = completeDelivery([old], old.messageID ?? '', REFUSED, false, NOW);
    expect(records).toMatchObject([{ state: 'Retrying', nextTime: '2027-01-02T00:30:00Z' }]);
    expect(plan([notice], records, { now: later(HOUR) }).batch?.notices).toEqual([notice]);
  });

  test('gives up once the notice has ended, and tries again if it recurs', () => {
    const records = recordsAfter([notice], REFUSED);
    const given = plan([], records, { now: later(HOUR) }).records;
    expect(given).toMatchObject([{ state: 'Abandoned', message: 'ECONNREFUSED' }]);
    expect(plan([notice], given, { now: later(2 * HOUR) }).batch?.notices).toEqual([notice]);
    expect(plan([], records, { now: later(HOUR), isOwnNamespace: () => false }).records).toEqual(records);
  });

  test('gives up a past event after a day', () => {
    const past = { ...notice, event: 'RolloutFinished' as const, endedAt: NOW };
    const records = recordsAfter([past], REFUSED);
    expect(plan([past], records, { now: later(23 * HOUR) })).toMatchObject({ batch: { notices: [past] } });
    const after = plan([past], records, { now: later(24 * HOUR) });
    expect(after).toMatchObject({ batch: undefined, records: [{ state: 'Abandoned' }] });
  });

  test('does not try again if the notice has ended', () => {
    const records = recordsAfter([notice], REFUSED);
    expect(plan([], records, { now: later(HOUR) })).toMatchObject({ batch: undefined, pending: 0 });
    expect(plan([{ ...notice, isCurrent: false }], records, { now: later(HOUR) }).batch).toBeUndefined();
  });

  test('is not repeated after an unknown result, unless the receiver ignores repetitions', () => {
    const unknown: DeliveryResult = { kind: 'Unknown', message: 'timed out' };
    expect(recordsAfter([notice], unknown)).toMatchObject([{ state: 'Unknown', message: 'timed out' }]);
    expect(plan([notice], recordsAfter([notice], unknown), { now: later(HOUR) }).batch).toBeUndefined();
    const again = recordsAfter([notice], unknown, NOW, true);
    expect(again).toMatchObject([{ state: 'Retrying' }]);
    const { batch } = plan([notice], again, { now: later(HOUR), isIdempotent: true });
    expect(batch?.messageID).toBe(plan([notice]).batch?.messageID);
  });

  test('whose result was lost with the process is unknown, and sent again only if that is harmless', () => {
    const { batch, records } = plan([notice]);
    const sending = beginDelivery(records, batch as NonNullable<typeof batch>, NOW);
    const lost = plan([notice], sending);
    expect(lost).toMatchObject({ batch: undefined, records: [{ state: 'Unknown' }], lost: [{ id: notice.id }] });
    expect(plan([notice], sending, { isIdempotent: true }).batch?.messageID).toBe(batch?.messageID);
  });

  test('leaves the records of operators that watch other namespaces alone', () => {
    const { batch, records } = plan([notice]);
    const sending = beginDelivery(records, batch as NonNullable<typeof batch>, NOW);
    const foreign = plan([], sending, { isOwnNamespace: () => false, now: later(48 * HOUR) });
    expect(foreign).toMatchObject({ records: sending, lost: [] });
  });

  test('remembers a notice while it lasts, and for a day after its end, however long it lasted', () => {
    const sent = recordsAfter([notice], ACCEPTED);
    expect(plan([{ ...notice, isCurrent: false }], sent, { now: later(72 * HOUR) }).records).toEqual(sent);
    const ended = plan([], sent, { now: later(72 * HOUR) }).records;
    expect(ended).toEqual([{ ...sent[0], endTime: '2027-01-05T00:00:00Z' }]);
    expect(plan([], ended, { now: later(95 * HOUR) }).records).toEqual(ended);
    expect(plan([], ended, { now: later(96 * HOUR) }).records).toEqual([]);
  });

  test('is not repeated when it recurs within a day of its end, for example, after the reads of a fleet', () => {
    const sent = recordsAfter([notice], ACCEPTED);
    const reading = plan([], sent, { now: later(72 * HOUR) }).records;
    const again = plan([notice], reading, { now: later(73 * HOUR) });
    expect(again).toMatchObject({ batch: undefined, records: sent });
    expect(again.records[0]).not.toHaveProperty('endTime');
  });

  test('makes room by forgetting ended notices, the oldest first, and else waits', () => {
    const many = Array.from({ length: MAX_RECORDS }, (_, n) => noticeOf(waitingPolicy(`p${n}`)));
    const batch = { messageID: 'm', notices: many };
    const full = completeDelivery(beginDelivery([], batch, NOW), 'm', ACCEPTED, false, NOW);
    const other = noticeIn('other', 'no-visio');
    const more = [...many, other];
    expect(plan(more, full)).toMatchObject({ batch: undefined, pending: 1 });
    const [oldest, ...others] = full as [DeliveryRecord, ...DeliveryRecord[]];
    const aged = [{ ...oldest, endTime: '2027-01-01T12:00:00Z' }, ...others];
    const open = more.filter(({ id }) => id !== oldest.id && id !== others[0]?.id);
    const { batch: next, records } = plan(open, aged);
    expect(next?.notices).toEqual([other]);
    expect(records.map(({ id }) => id)).not.toContain(oldest.id);
    expect(records).toHaveLength(MAX_RECORDS - 1);
  });

  test('that was certainly not sent is sent immediately, as the first attempt', () => {
    const records = recordsAfter([notice], { kind: 'NotSent', message: 'the replica lost its lease' });
    expect(records).toMatchObject([{ state: 'Retrying', attempts: 0 }]);
    expect(plan([notice], records).batch?.notices).toEqual([notice]);
  });

  test('splits the notices for a receiver that needs each of them', () => {
    const notices = Array.from({ length: 5 }, (_, n) => noticeOf(waitingPolicy(`p${n}`)));
    const first = plan(notices, [], { maxNotices: 2 });
    expect(first.batch?.notices).toHaveLength(2);
    expect(first.pending).toBe(5);
  });

  test('contains only the notices that its message describes', () => {
    const notices = Array.from({ length: 5 }, (_, n) => noticeOf(waitingPolicy(`p${n}`)));
    const first = plan(notices, [], { countDescribed: () => 3 });
    expect(first.batch?.notices).toHaveLength(3);
    const sent = recordsAfter(first.batch?.notices ?? [], ACCEPTED);
    expect(plan(notices, sent).batch?.notices).toEqual(notices.slice(3));
  });
});

describe('a notice that a receiver never accepts', () => {
  const notices = Array.from({ length: 20 }, (_, n) => noticeOf(waitingPolicy(`p${n}`)));
  const poison = notices[7] as Notice;

  /** Sends until only the poison is left, and returns the number of messages and how often each notice was accepted. */
  function sendAll(failure: DeliveryResult, isIdempotent: boolean) {
    const accepted = new Map<string, number>();
    let records: readonly DeliveryRecord[] = [];
    let now = NOW;
    let messages = 0;
    for (; messages < 40 && accepted.size < notices.length - 1; messages++) {
      const { batch, records: kept, nextAt } = plan(notices, records, { now, isIdempotent });
      if (batch === undefined) {
        now = nextAt ?? later(100 * HOUR);
      } else {
        const isRefused = batch.notices.includes(poison);
        for (const { id } of isRefused ? [] : batch.notices) {
          accepted.set(id, (accepted.get(id) ?? 0) + 1);
        }
        const begun = beginDelivery(kept, batch, now);
        records = completeDelivery(begun, batch.messageID, isRefused ? failure : ACCEPTED, isIdempotent, now);
      }
    }
    return { accepted: [...accepted.values()], records, elapsed: now.getTime() - NOW.getTime() };
  }

  test.each<[string, DeliveryResult, boolean]>([
    ['HTTP 400', { kind: 'Rejected', message: 'HTTP 400', isContent: true }, false],
    [
      'HTTP 500 of a receiver that ignores repetitions',
      { kind: 'Unknown', message: 'HTTP 500', isContent: true },
      true,
    ],
  ])('delays the others of its message by less than two minutes: %s', (_, failure, isIdempotent) => {
    const { accepted, records, elapsed } = sendAll(failure, isIdempotent);
    expect(accepted).toEqual(Array.from({ length: 19 }, () => 1));
    expect(records.filter(({ state }) => state === 'Retrying').map(({ id }) => id)).toEqual([poison.id]);
    expect(elapsed).toBeLessThan(120_000);
  });

  test('is not searched for if the content is not the cause', () => {
    const records = recordsAfter(notices, REFUSED);
    expect(new Set(records.map(({ messageID }) => messageID)).size).toBe(1);
    expect(plan(notices, records, { now: later(10_000) }).batch?.notices).toHaveLength(20);
  });

  test('is not repeated after an unknown result', () => {
    const records = recordsAfter(notices, { kind: 'Unknown', message: 'HTTP 500', isContent: true });
    expect(new Set(records.map(({ state }) => state))).toEqual(new Set(['Unknown']));
  });
});

describe('namespaces that share a provider', () => {
  const flood = Array.from({ length: 600 }, (_, n) => noticeIn('flood', `p${n}`));

  test('get their turns in each message, the most important notices first', () => {
    const notices = [
      ...flood,
      noticeIn('b', 'p', 'RolloutFinished'),
      noticeIn('b', 'q', 'Conflict'),
      noticeIn('c', 'p', 'SafeguardExceeded'),
    ];
    const { batch } = plan(notices, [], { maxNotices: 5 });
    expect(batch?.notices.map(({ event, policy: { metadata } }) => [metadata.namespace, event])).toEqual([
      ['flood', 'PlanAwaitingApproval'],
      ['c', 'SafeguardExceeded'],
      ['b', 'Conflict'],
      ['flood', 'PlanAwaitingApproval'],
      ['b', 'RolloutFinished'],
    ]);
  });

  test('find room although one of them has more notices than there are records, and no notice is repeated', () => {
    let records: readonly DeliveryRecord[] = [];
    const sent: string[] = [];
    const sendAll = (notices: readonly Notice[]) => {
      for (let next = plan(notices, records); next.batch !== undefined; next = plan(notices, records)) {
        const begun = beginDelivery(next.records, next.batch, NOW);
        records = completeDelivery(begun, next.batch.messageID, ACCEPTED, false, NOW);
        sent.push(...next.batch.notices.map(({ policy: { metadata } }) => `${metadata.namespace}/${metadata.name}`));
      }
    };
    sendAll(flood);
    expect(sent).toHaveLength(MAX_RECORDS / 2);
    const others = ['b', 'c', 'd', 'e'].map((namespace) => noticeIn(namespace, 'p'));
    sendAll([...flood, ...others]);
    expect(sent.slice(MAX_RECORDS / 2)).toEqual(['b/p', 'c/p', 'd/p', 'e/p']);
    sendAll([...flood.slice(0, 300), ...others]);
    expect(new Set(sent).size).toBe(sent.length);
    expect(records.length).toBeLessThanOrEqual(MAX_RECORDS);
  });

  test('give up the records of finished rollouts that are no longer sent', () => {
    const finished = flood.slice(0, MAX_RECORDS).map((one) => ({ ...one, endedAt: NOW }));
    const full = beginDelivery([], { messageID: 'm', notices: finished }, NOW);
    const records = completeDelivery(full, 'm', ACCEPTED, false, NOW);
    const urgent = noticeIn('flood', 'urgent');
    expect(plan([...finished, urgent], records, { now: later(23 * HOUR) }).batch).toBeUndefined();
    const isSelected = ({ endedAt }: Notice) => endedAt === undefined;
    const { batch, records: kept } = plan([...finished, urgent], records, { now: later(24 * HOUR), isSelected });
    expect(batch?.notices).toEqual([urgent]);
    expect(kept).toHaveLength(MAX_RECORDS - 1);
  });
});

/** What happens to a process or a policy next. */
type Step =
  | { readonly kind: 'Send'; readonly result: 'Accepted' | 'Refused' | 'AcceptedButLost' | 'Timeout' }
  | { readonly kind: 'CrashBeforeRequest' | 'CrashAfterRequest' }
  | { readonly kind: 'Wait' }
  | { readonly kind: 'Toggle'; readonly policy: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('Send' as const),
      result: fc.constantFrom('Accepted', 'Refused', 'AcceptedButLost', 'Timeout'),
    }),
    fc.record({ kind: fc.constantFrom('CrashBeforeRequest' as const, 'CrashAfterRequest' as const) }),
    fc.record({ kind: fc.constant('Wait' as const) }),
    fc.record({ kind: fc.constant('Toggle' as const), policy: fc.nat(2) }),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Step[]>;

/** Runs steps against a receiver, and returns how often it accepted each notification, and the last records. */
function run(sequence: readonly Step[], isIdempotent: boolean) {
  const accepted = new Map<string, number>();
  const isOpen = [true, true, true];
  let records: readonly DeliveryRecord[] = [];
  let now = NOW;
  for (const step of sequence) {
    const all = isOpen.map((open, n) => ({ ...noticeOf(waitingPolicy(`p${n}`)), isCurrent: open }));
    now = new Date(now.getTime() + (step.kind === 'Wait' ? HOUR / 2 : 1_000));
    if (step.kind === 'Toggle') {
      isOpen[step.policy] = !isOpen[step.policy];
    } else if (step.kind !== 'Wait') {
      const decided = plan(all, records, { isIdempotent, now });
      records = decided.records;
      if (decided.batch !== undefined) {
        const { messageID, notices } = decided.batch;
        records = beginDelivery(records, decided.batch, now);
        const result = step.kind === 'Send' ? step.result : step.kind;
        if (['Accepted', 'AcceptedButLost', 'CrashAfterRequest'].includes(result)) {
          for (const { id } of notices) {
            accepted.set(id, (accepted.get(id) ?? 0) + 1);
          }
        }
        const known: Record<string, DeliveryResult> = {
          Accepted: ACCEPTED,
          Refused: REFUSED,
          AcceptedButLost: { kind: 'Unknown', message: 'reset' },
          Timeout: { kind: 'Unknown', message: 'timeout' },
        };
        const response = known[result];
        records = response === undefined ? records : completeDelivery(records, messageID, response, isIdempotent, now);
      }
    }
  }
  return { accepted, records, now };
}

describe('in any order of results, crashes, and edits', () => {
  test('a receiver that does not ignore repetitions accepts no notification twice', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        expect([...run(sequence, false).accepted.values()].filter((count) => count > 1)).toEqual([]);
      }),
    );
  });

  test('a receiver that ignores repetitions accepts every notification in the end', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const settle: Step[] = Array.from({ length: 8 }, () => [
          { kind: 'Wait' } as const,
          { kind: 'Send', result: 'Accepted' } as const,
        ]).flat();
        const { accepted } = run([...sequence.filter(({ kind }) => kind !== 'Toggle').slice(0, 20), ...settle], true);
        expect(accepted.size).toBe(3);
      }),
    );
  });
});
