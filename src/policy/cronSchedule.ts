import { parse } from 'node-cron';
import { offsetPeriods, utcOffset } from './timeZone.ts';

type DayRule = (date: CalendarDate) => boolean;

/** Date in the Gregorian calendar. Months start at 1, and Sunday is weekday 0. */
interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  /** Last day of the month. */
  readonly lastDay: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Bound on the absolute UTC offset of a time zone. */
const MAX_OFFSET_MS = 16 * HOUR_MS;
/** Eight years, in which every date occurs at least once. */
const HORIZON_DAYS = 8 * 366;

/**
 * Times at which a cron expression matches in a time zone. It tests days first and reads hours and minutes of matching days only. It skips
 * a time that daylight saving time skips, and contains a time twice that it repeats.
 */
export class CronSchedule {
  readonly #timeZone: string;
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  readonly #months: ReadonlySet<number>;
  readonly #days: readonly DayRule[];
  readonly #weekdays: readonly DayRule[];

  /** Compiles an expression that `parseWindow` accepts. */
  constructor(cron: string, timeZone: string) {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(cron);
    this.#timeZone = timeZone;
    this.#minutes = ascending(minute);
    this.#hours = ascending(hour);
    this.#months = new Set(month);
    this.#days = dayOfMonth.map(dayOfMonthRule);
    this.#weekdays = dayOfWeek.map(dayOfWeekRule);
  }

  /** Returns the first time after `time`, or undefined if there is none within eight years. Milliseconds since the epoch. */
  firstAfter(time: number): number | undefined {
    // The clock can go back to the day before.
    const start = this.#localDay(time) - 1;
    for (let day = start; day <= start + HORIZON_DAYS; day++) {
      const date = dateOf(day);
      if (!this.#months.has(date.month)) {
        day += date.lastDay - date.day;
        continue;
      }
      const times = this.#timesOn(day, date, time + 1, Number.POSITIVE_INFINITY);
      if (times.length > 0) {
        // The next day can begin before the clock goes back to this one.
        return Math.min(...times.slice(0, 1), ...this.#timesOn(day + 1, dateOf(day + 1), time + 1, times[0] ?? time));
      }
    }
    return undefined;
  }

  /** Returns the last time in (from, to], or undefined if there is none. Milliseconds since the epoch. */
  lastBetween(from: number, to: number): number | undefined {
    const start = this.#localDay(from) - 1;
    for (let day = this.#localDay(to) + 1; day >= start; day--) {
      const times = this.#timesOn(day, dateOf(day), from + 1, to);
      const last = times.at(-1);
      if (last !== undefined) {
        // The day before can end after the clock goes back to it.
        return Math.max(last, ...this.#timesOn(day - 1, dateOf(day - 1), last, to).slice(-1));
      }
    }
    return undefined;
  }

  #localDay(time: number): number {
    return Math.floor((time + utcOffset(this.#timeZone, time)) / DAY_MS);
  }

  #matches(date: CalendarDate): boolean {
    return (
      this.#months.has(date.month) &&
      this.#days.some((matches) => matches(date)) &&
      this.#weekdays.some((matches) => matches(date))
    );
  }

  /** Returns the times on a day since the epoch of the local calendar that are in [from, to], in ascending order. */
  #timesOn(day: number, date: CalendarDate, from: number, to: number): number[] {
    const midnight = day * DAY_MS;
    const first = Math.max(from, midnight - MAX_OFFSET_MS);
    const last = Math.min(to, midnight + DAY_MS + MAX_OFFSET_MS);
    if (first > last || !this.#matches(date)) {
      return [];
    }
    return offsetPeriods(this.#timeZone, first, last + 1).flatMap((period) =>
      this.#minutesBetween(
        Math.max(0, period.from + period.offset - midnight),
        Math.min(DAY_MS, period.until + period.offset - midnight),
      ).map((timeOfDay) => midnight + timeOfDay - period.offset),
    );
  }

  /** Returns the times of day in [from, until), in milliseconds since midnight. */
  #minutesBetween(from: number, until: number): number[] {
    return this.#hours
      .map((hour) => hour * HOUR_MS)
      .filter((hour) => hour + HOUR_MS > from && hour < until)
      .flatMap((hour) => this.#minutes.map((minute) => hour + minute * MINUTE_MS))
      .filter((timeOfDay) => timeOfDay >= from && timeOfDay < until);
  }
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** Returns the date of a day since the epoch. */
function dateOf(epochDay: number): CalendarDate {
  const date = new Date(epochDay * DAY_MS);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  return {
    year,
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

/** Compiles a value of node-cron's field: a number, L (last day), L-n (n days before it), or nW (workday nearest to n). */
function dayOfMonthRule(value: number | string): DayRule {
  if (typeof value === 'number') {
    return ({ day }) => day === value;
  }
  const [, base, before, isWorkday] = /^(L|\d+)(?:-(\d+))?(W?)$/.exec(value) ?? [];
  return (date) => {
    const target = base === 'L' ? date.lastDay - Number(before ?? 0) : Number(base);
    return date.day === (isWorkday ? nearestWorkday(date, target) : target);
  };
}

/** Compiles a value of node-cron's field: a number, nL (last of the month), or n#k (k-th of the month). */
function dayOfWeekRule(value: number | string): DayRule {
  if (typeof value === 'number') {
    return ({ weekday }) => weekday === value;
  }
  const [, of, last, nth] = /^(\d)(?:(L)|#(\d))$/.exec(value) ?? [];
  return ({ weekday, day, lastDay }) =>
    weekday === Number(of) && (last ? day > lastDay - 7 : Math.ceil(day / 7) === Number(nth));
}

/** Returns the day from Monday to Friday that is nearest to `target` within the month, or undefined if the month has no such day. */
function nearestWorkday({ day, weekday, lastDay }: CalendarDate, target: number): number | undefined {
  if (target > lastDay) {
    return undefined;
  }
  const targetWeekday = (((weekday + target - day) % 7) + 7) % 7;
  if (targetWeekday === 6) {
    return target === 1 ? target + 2 : target - 1;
  }
  if (targetWeekday === 0) {
    return target === lastDay ? target - 2 : target + 1;
  }
  return target;
}
