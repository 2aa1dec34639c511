import fc from 'fast-check';
import { createTask } from 'node-cron';
import { describe, expect, test } from 'vitest';
import { windowState } from '../../src/plan/window.ts';
import { parseWindow } from '../../src/policy/maintenanceWindow.ts';
import { type FieldRule, lastDay, minutesOf, referenceState } from './cronReference.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Days around which each zone is compared: changes of the UTC offset, leap days, and ends of a year. */
const DAYS: readonly (readonly [timeZone: string, ...days: string[]])[] = [
  ['UTC', '2024-02-29', '2026-12-31', '2100-02-28'],
  ['Europe/Berlin', '2026-03-29', '2026-10-25', '2028-02-29'],
  ['America/New_York', '2026-03-08', '2026-11-01'],
  // Half an hour of daylight saving time.
  ['Australia/Lord_Howe', '2026-04-05', '2026-10-04', '2028-02-29'],
  ['Asia/Kathmandu', '2026-11-23', '2028-02-29'],
  // 2010: the clock goes back from 00:01 to 23:01 of the day before.
  ['America/St_Johns', '2026-03-08', '2026-11-01', '2010-11-07', '2010-03-14'],
  ['Africa/Casablanca', '2026-02-15', '2026-03-22'],
  // Skips a whole day.
  ['Pacific/Apia', '2011-12-30', '2012-04-01'],
  // Midnight is skipped, and repeated.
  ['America/Santiago', '2026-04-05', '2026-09-06'],
  ['Africa/Cairo', '2026-04-24', '2026-10-30'],
  ['Pacific/Chatham', '2026-04-05', '2026-09-27'],
  ['+05:45', '2026-11-23'],
];

/** Openings are compared within these minutes, of which each is converted to local time once. */
const places = DAYS.flatMap(([timeZone, ...days]) =>
  days.map((day) => {
    const middle = Date.parse(`${day}T12:00:00Z`);
    return { timeZone, day, from: middle - 2 * DAY_MS, until: middle + 2 * DAY_MS };
  }),
);

const number = (min: number, max: number) => fc.integer({ min, max });

/** Returns rules of a numeric field: any value, lists, ranges, also those that wrap, and steps. */
function numeric(
  field: 'minute' | 'hour' | 'month' | 'day' | 'weekday',
  min: number,
  max: number,
  names: readonly string[] = [],
): fc.Arbitrary<FieldRule> {
  const rule = (text: string, values: ReadonlySet<number>): FieldRule => ({
    text,
    matches: (local) => values.has(local[field]),
  });
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index);
  const nameOf = (value: number) => names[value - min] ?? String(value);
  return fc.oneof(
    fc.constant(rule('*', new Set(all))),
    fc
      .uniqueArray(number(min, max), { minLength: 1, maxLength: 4 })
      .map((values) => rule(values.map(nameOf).join(','), new Set(values))),
    fc.tuple(number(min, max), number(min, max)).map(([first, last]) => {
      const values = all.filter((value) =>
        first <= last ? first <= value && value <= last : first <= value || value <= last,
      );
      return rule(`${nameOf(first)}-${nameOf(last)}`, new Set(values));
    }),
    number(1, max).map((step) => rule(`*/${step}`, new Set(all.filter((value) => (value - min) % step === 0)))),
  );
}

const ANY: FieldRule = { text: '*', matches: () => true };

/** The Monday to Friday nearest to a day, within its month. */
function nearestWorkday(year: number, month: number, target: number, last: number): number {
  const weekday = new Date(Date.UTC(year, month - 1, target)).getUTCDay();
  const back = target === 1 ? 2 : -1;
  const ahead = target === last ? -2 : 1;
  return target + (weekday === 6 ? back : weekday === 0 ? ahead : 0);
}

const dayOfMonth: fc.Arbitrary<FieldRule> = fc.oneof(
  numeric('day', 1, 31),
  fc.constant<FieldRule>({ text: 'L', matches: (local) => local.day === lastDay(local) }),
  number(1, 30).map<FieldRule>((offset) => ({
    text: `L-${offset}`,
    matches: (local) => local.day === lastDay(local) - offset,
  })),
  number(1, 31).map<FieldRule>((target) => ({
    text: `${target}W`,
    matches: (local) =>
      target <= lastDay(local) && local.day === nearestWorkday(local.year, local.month, target, lastDay(local)),
  })),
);

const dayOfWeek: fc.Arbitrary<FieldRule> = fc.oneof(
  numeric('weekday', 0, 6, ['sun', 'MON', 'tue', 'Wed', 'thu', 'friday', 'SAT']),
  fc.constant<FieldRule>({ text: '7', matches: ({ weekday }) => weekday === 0 }),
  fc.tuple(number(0, 6), number(1, 5)).map<FieldRule>(([weekday, nth]) => ({
    text: `${weekday}#${nth}`,
    matches: (local) => local.weekday === weekday && Math.ceil(local.day / 7) === nth,
  })),
  number(0, 6).map<FieldRule>((weekday) => ({
    text: `${weekday}L`,
    matches: (local) => local.weekday === weekday && local.day > lastDay(local) - 7,
  })),
);

const month = numeric('month', 1, 12, [
  ...['jan', 'FEB', 'march', 'Apr', 'may', 'jun', 'jul', 'august', 'sep', 'oct', 'nov', 'dec'],
]);
const often = <T>(usual: T, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary });
const days = fc.oneof(
  fc.tuple(often(ANY, dayOfMonth), fc.constant(ANY)),
  fc.tuple(fc.constant({ ...ANY, text: '?' }), dayOfWeek),
);

const cases = fc.record({
  minute: numeric('minute', 0, 59),
  hour: numeric('hour', 0, 23),
  days,
  month: often(ANY, month),
  duration: fc.oneof(number(1, 90), number(1, 24 * 60)),
  times: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
});

test.each(places)('a window in $timeZone around $day opens as every minute says', ({ timeZone, from, until }) => {
  const minutes = minutesOf(timeZone, new Date(from), new Date(until));
  fc.assert(
    fc.property(cases, ({ minute, hour, days: [day, weekday], month, duration, times }) => {
      const rules = [minute, hour, day, month, weekday];
      const openings = minutes.flatMap(([time, local]) => (rules.every((rule) => rule.matches(local)) ? [time] : []));
      const cron = rules.map(({ text }) => text).join(' ');
      let window: ReturnType<typeof parseWindow>;
      try {
        window = parseWindow(cron, timeZone, `${duration}m`);
      } catch {
        // A date that no month has.
        expect(openings).toEqual([]);
        return;
      }
      for (const share of times) {
        // A window lasts a day at most.
        const now = Math.floor(from + DAY_MS + share * (until - from - DAY_MS - 1));
        const expected = referenceState(openings, duration * MINUTE_MS, now);
        const { isOpen, nextOpening } = windowState([window], new Date(now));
        const next = nextOpening?.getTime();
        const context = `${cron} in ${timeZone} for ${duration}m at ${new Date(now).toISOString()}`;
        expect(isOpen, context).toBe(expected.isOpen);
        expect(next === undefined || next >= until ? undefined : next, context).toBe(expected.next);
      }
    }),
    { numRuns: 40 },
  );
});

describe.each([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
  '0 0 LW * *',
  '*/20 1-3 * * *',
])('%s', (cron) => {
  test.each(['Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns', 'America/Santiago'])(
    'opens in %s when node-cron runs a task',
    (timeZone) => {
      const task = createTask(cron, () => {}, { timezone: timeZone });
      const window = parseWindow(cron, timeZone, '1h');
      for (const around of ['2026-04-05', '2026-11-01', '2027-01-01']) {
        const from = Date.parse(`${around}T12:00:00Z`) - DAY_MS;
        const expected: number[] = [];
        for (let time = from + 15 * MINUTE_MS; time <= from + 2 * DAY_MS; time += 15 * MINUTE_MS) {
          const span = Array.from({ length: 15 }, (_, index) => time + (index - 14) * MINUTE_MS);
          expected.push(...span.filter((minute) => task.match(new Date(minute))));
        }
        const found: number[] = [];
        for (let time = from; time < from + 2 * DAY_MS; ) {
          time = windowState([window], new Date(time)).nextOpening?.getTime() ?? expect.unreachable();
          if (time <= from + 2 * DAY_MS) {
            found.push(time);
          }
        }
        expect(found.map((time) => new Date(time).toISOString())).toEqual(
          expected.map((time) => new Date(time).toISOString()),
        );
      }
      void task.destroy();
    },
  );
});
