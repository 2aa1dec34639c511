import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalDays, isExtended, openTime } from '../../src/plan/finalDays.ts';
import { windowState } from '../../src/plan/window.ts';
import { parseWindow } from '../../src/policy/maintenanceWindow.ts';
import { fuzzRuns } from '../fuzzRuns.ts';

type Window = Parameters<typeof parseWindow>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Returns the final days at a time, to the minute, for example, `2026-11-28T00:00 2026-12-01T00:00`. */
function daysAt(now: string, ...windows: Window[]): string | undefined {
  const days = finalDays(
    windows.map((window) => parseWindow(...window)),
    new Date(now),
  );
  return days && [days.from, days.until].map((time) => time.toISOString().slice(0, 16)).join(' ');
}

const nightly: Window = ['0 22 * * *', 'UTC', '4h'];

describe('without windows, the final days', () => {
  test.each([
    ['of 30 days', '2026-11-02T12:00:00Z', '2026-11-28T00:00 2026-12-01T00:00'],
    ['of 31 days', '2026-12-02T12:00:00Z', '2026-12-29T00:00 2027-01-01T00:00'],
    ['of 28 days', '2027-02-01T00:00:00Z', '2027-02-26T00:00 2027-03-01T00:00'],
    ['of 29 days', '2028-02-01T00:00:00Z', '2028-02-27T00:00 2028-03-01T00:00'],
    [
      'that is not a leap year, although divisible by four',
      '2100-02-01T00:00:00Z',
      '2100-02-26T00:00 2100-03-01T00:00',
    ],
    ['in its first millisecond', '2026-11-01T00:00:00.000Z', '2026-11-28T00:00 2026-12-01T00:00'],
    ['in its last millisecond', '2026-11-30T23:59:59.999Z', '2026-11-28T00:00 2026-12-01T00:00'],
    ['that follows', '2026-12-01T00:00:00.000Z', '2026-12-29T00:00 2027-01-01T00:00'],
    ['as they begin', '2026-11-28T00:00:00.000Z', '2026-11-28T00:00 2026-12-01T00:00'],
  ])('of a month %s', (_, now, expected) => {
    expect(daysAt(now)).toBe(expected);
  });
});

describe('with windows, the final days begin', () => {
  test.each<[string, string, Window[], string | undefined]>([
    [
      'with the first one in the last three days',
      '2026-11-02T12:00:00Z',
      [nightly],
      '2026-11-28T22:00 2026-12-01T00:00',
    ],
    [
      'with the second last one before the last 24 hours, if only one opens within the last three days',
      '2026-11-02T12:00:00Z',
      [['0 22 * * 6', 'UTC', '4h']],
      '2026-11-21T22:00 2026-11-29T02:00',
    ],
    [
      'with the second last one before the last 24 hours, if none opens within the last three days',
      '2026-12-02T12:00:00Z',
      [['0 22 * * 6', 'UTC', '4h']],
      '2026-12-19T22:00 2026-12-27T02:00',
    ],
    [
      'with the only one of the month',
      '2026-11-02T12:00:00Z',
      [['0 22 10 * *', 'UTC', '4h']],
      '2026-11-10T22:00 2026-11-11T02:00',
    ],
    [
      'with the first one of a night with several',
      '2026-11-02T12:00:00Z',
      [['0 0-5 10,20 * *', 'UTC', '30m']],
      '2026-11-10T00:00 2026-11-20T05:30',
    ],
    [
      'with the only one of the month, even on its first day',
      '2026-11-02T12:00:00Z',
      [['@monthly', 'UTC', '4h']],
      '2026-12-01T00:00 2026-12-01T04:00',
    ],
    [
      'within the last 24 hours if no other one opens',
      '2026-11-02T12:00:00Z',
      [['0 22 L * *', 'UTC', '1h']],
      '2026-11-30T22:00 2026-11-30T23:00',
    ],
    [
      'in the month of UTC if the local month has turned',
      '2026-11-02T12:00:00Z',
      [['0 0 1 * *', 'Asia/Tokyo', '1h']],
      '2026-11-30T15:00 2026-11-30T16:00',
    ],
    [
      'in the month of UTC if the local month has not turned',
      '2026-11-02T12:00:00Z',
      [['0 22 L * *', 'America/New_York', '1h']],
      '2026-12-01T03:00 2026-12-01T04:00',
    ],
    [
      'and end with the month in the middle of a window',
      '2026-11-02T12:00:00Z',
      [['0 23 30 * *', 'UTC', '6h']],
      '2026-11-30T23:00 2026-12-01T00:00',
    ],
    [
      'before the clock goes back',
      '2027-10-02T12:00:00Z',
      [['30 2 * * 0', 'Europe/Berlin', '1h']],
      '2027-10-17T00:30 2027-10-31T02:30',
    ],
    [
      'before the clock goes forward',
      '2026-03-02T12:00:00Z',
      [['30 2 * * 0', 'Europe/Berlin', '1h']],
      '2026-03-15T01:30 2026-03-22T02:30',
    ],
    [
      'with the earliest of several zones',
      '2026-11-02T12:00:00Z',
      [
        ['0 22 * * *', 'America/New_York', '2h'],
        ['0 22 * * *', 'Europe/Berlin', '2h'],
      ],
      '2026-11-28T03:00 2026-11-30T23:00',
    ],
    [
      'in the month of a yearly window',
      '2026-11-02T12:00:00Z',
      [['0 22 5 3 *', 'UTC', '2h']],
      '2027-03-05T22:00 2027-03-06T00:00',
    ],
    [
      'on the 29th of February',
      '2026-11-02T12:00:00Z',
      [['0 22 29 2 *', 'UTC', '1h']],
      '2028-02-29T22:00 2028-02-29T23:00',
    ],
    ['never if no window opens', '2026-11-02T12:00:00Z', [['0 22 L-30 2 *', 'UTC', '1h']], undefined],
    [
      'in the next month after the last window of the month has closed',
      '2026-11-29T02:00:00Z',
      [['0 22 * * 6', 'UTC', '4h']],
      '2026-12-19T22:00 2026-12-27T02:00',
    ],
  ])('%s', (_, now, windows, expected) => {
    expect(daysAt(now, ...windows)).toBe(expected);
  });
});

test('the examples in docs/explanation/semantics.md are correct', () => {
  const page = readFileSync(new URL('../../docs/explanation/semantics.md', import.meta.url), 'utf8');
  const rows: [string, Window[]][] = [
    ['None', []],
    ['Every day at 22:00 for four hours', [nightly]],
    ['Saturdays at 22:00 for four hours', [['0 22 * * 6', 'UTC', '4h']]],
    ['On the last day of the month at 22:00 for one hour', [['0 22 L * *', 'UTC', '1h']]],
  ];
  const describeDays = (now: string, windows: readonly Window[]) => {
    const [from = '', until = ''] = (daysAt(now, ...windows) ?? '').split(' ');
    const short = (time: string) => time.slice(8).replace('T', ' ');
    return `${short(from)} to ${until.slice(8, 10) === '01' ? 'the end of the month' : short(until)}`;
  };
  for (const [name, windows] of rows) {
    const months = ['2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'].map((now) => describeDays(now, windows));
    expect(page).toContain(`| ${[name, ...months].join(' | ')} |`);
  }
});

test('are the same for every time until they end, in any order of times', () => {
  const windows = [parseWindow(...nightly)];
  const at = (time: string) => finalDays(windows, new Date(time))?.from.toISOString().slice(0, 10);
  const times = ['2026-12-05T00:00:00Z', '2026-11-30T23:59:00Z', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'];
  expect(times.map(at)).toEqual(['2026-12-29', '2026-11-28', '2026-11-28', '2026-12-29']);
});

test('are extended only if they begin before the last three days', () => {
  const isExtendedWith = (...window: Window) => {
    const days = finalDays([parseWindow(...window)], new Date('2026-11-02T12:00:00Z'));
    return days && isExtended(days);
  };
  expect(isExtendedWith(...nightly)).toBe(false);
  expect(isExtendedWith('0 22 * * 6', 'UTC', '4h')).toBe(true);
});

test('a schedule of every minute is evaluated quickly', () => {
  const windows = Array.from({ length: 14 }, (_, n) => parseWindow('* * * * *', 'Europe/Berlin', `${n + 1}m`));
  expect(finalDays(windows, new Date('2026-11-02T12:00:00Z'))?.from).toEqual(new Date('2026-11-28T00:00:00Z'));
});

describe('for any windows and any time', () => {
  const field = (min: number, max: number) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant('*') },
      { weight: 3, arbitrary: fc.integer({ min, max }).map(String) },
      fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map((pair) => {
        const [first, last] = pair.sort((a, b) => a - b);
        return `${first}-${last}`;
      }),
    );
  const days = fc.oneof(
    fc.record({ day: field(1, 31), month: field(1, 12), weekday: fc.constant('*') }),
    fc.record({ day: fc.constant('*'), month: field(1, 12), weekday: field(0, 6) }),
    fc.constantFrom({ day: 'L', month: '*', weekday: '*' }, { day: '*', month: '*', weekday: '5#2' }),
  );
  const window = fc
    .record({
      minute: fc.integer({ min: 0, max: 59 }),
      hour: fc.oneof(fc.integer({ min: 0, max: 23 }).map(String), fc.constantFrom('1-4', '*/8', '23,0')),
      days,
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'),
      duration: fc.integer({ min: 1, max: 1_440 }),
    })
    .map(({ minute, hour, days: { day, month, weekday }, timeZone, duration }) =>
      parseWindow(`${minute} ${hour} ${day} ${month} ${weekday}`, timeZone, `${duration}m`),
    );
  const windows = fc.array(window, { maxLength: 3 });
  const time = fc.date({
    min: new Date('2026-01-01T00:00:00Z'),
    max: new Date('2029-12-31T00:00:00Z'),
    noInvalidDate: true,
  });
  const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();
  const endOf = (date: Date) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);

  /** Returns all openings in the month of a time, in ascending order. */
  const openingsIn = (all: Parameters<typeof windowState>[0], at: Date): number[] => {
    const openings: number[] = [];
    const start = Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
    for (let next = windowState(all, new Date(start - 1)).nextOpening; next !== undefined; ) {
      if (next.getTime() >= endOf(at)) {
        break;
      }
      openings.push(next.getTime());
      next = windowState(all, next).nextOpening;
    }
    return openings;
  };

  /** Returns the start of the final days of a month with these openings, in ascending order. */
  const expectedStart = (openings: readonly number[], end: number): number => {
    const inTime = openings.filter((one) => one < end - DAY);
    const last = inTime.at(-1) ?? Number.POSITIVE_INFINITY;
    const earlier = inTime.filter((one) => one <= last - 12 * HOUR).at(-1) ?? last;
    return Math.min(
      openings.find((one) => one >= end - 3 * DAY) ?? Number.POSITIVE_INFINITY,
      inTime.find((one) => one > earlier - 12 * HOUR) ?? Number.POSITIVE_INFINITY,
    );
  };

  test('they lie within one month, and begin earlier than three days before its end only for a second window', () => {
    fc.assert(
      fc.property(windows, time, (all, now) => {
        const found = finalDays(all, now);
        if (found === undefined) {
          return;
        }
        const { from, until } = found;
        expect(from.getTime()).toBeLessThan(until.getTime());
        expect(until.getTime()).toBeGreaterThan(now.getTime());
        expect(until.getTime()).toBeLessThanOrEqual(endOf(from));
        if (all.length === 0) {
          expect(from.getTime()).toBe(endOf(from) - 3 * DAY);
          return;
        }
        expect(from.getTime()).toBe(expectedStart(openingsIn(all, from), endOf(from)));
      }),
      fuzzRuns(100),
    );
  });

  test('each month with a window has final days in which one opens', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), time, (all, now) => {
        const openings = openingsIn(all, now);
        const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()));
        const found = finalDays(all, first);
        if (openings.length === 0) {
          expect(found === undefined || monthOf(found.from) > monthOf(now)).toBe(true);
          return;
        }
        expect(found && monthOf(found.from)).toBe(monthOf(now));
        expect(
          openings.some((one) => found !== undefined && one >= found.from.getTime() && one < found.until.getTime()),
        ).toBe(true);
      }),
      fuzzRuns(100),
    );
  });
});

describe('The open time of final days', () => {
  test.each<[string, Window[], string, number]>([
    ['is their length without windows', [], '2026-11-02T12:00:00Z', 72],
    ['is what is left of them', [], '2026-11-30T18:00:00Z', 6],
    ['is the sum of their windows', [nightly], '2026-11-02T12:00:00Z', 10],
    ['is what is left of their windows', [nightly], '2026-11-29T23:00:00Z', 5],
    ['does not contain closed times', [nightly], '2026-11-30T12:00:00Z', 2],
    ['counts overlapping windows once', [nightly, ['0 23 * * *', 'UTC', '4h']], '2026-11-02T12:00:00Z', 12],
    ['counts overlapping openings once', [['*/10 0-1 * * *', 'UTC', '30m']], '2026-11-02T12:00:00Z', 3 * (140 / 60)],
    ['counts a window that is always open', [['* * * * *', 'UTC', '1h']], '2026-11-02T12:00:00Z', 72],
  ])('%s', (_, windows, now, hours) => {
    const parsed = windows.map((window) => parseWindow(...window));
    const days = finalDays(parsed, new Date(now));
    expect(days && openTime(days, parsed, new Date(now)) / HOUR).toBe(hours);
  });

  test('is the number of minutes in which a window is open', () => {
    const hours = fc.integer({ min: 0, max: 23 });
    const window = fc.tuple(
      fc.tuple(fc.constantFrom('0', '30', '*/20'), hours, fc.constantFrom('* * *', '28-31 * *', '1 * *', '* * 6')),
      fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
      fc.constantFrom('20m', '1h', '24h'),
    );
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        (windows, month) => {
          const parsed = windows.map(([[minute, hour, days], zone, duration]) =>
            parseWindow(`${minute} ${hour} ${days}`, zone, duration),
          );
          const now = new Date(Date.UTC(2027, month - 1, 12));
          const days = finalDays(parsed, now);
          if (days !== undefined) {
            let minutes = 0;
            for (let time = days.from.getTime(); time < days.until.getTime(); time += 60_000) {
              minutes += windowState(parsed, new Date(time)).isOpen ? 1 : 0;
            }
            expect(openTime(days, parsed, now)).toBe(minutes * 60_000);
          }
        },
      ),
      fuzzRuns(30),
    );
  });
});
