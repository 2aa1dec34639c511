import { CronSchedule } from '../policy/cronSchedule.ts';
import type { MaintenanceWindow } from '../policy/maintenanceWindow.ts';

/** Period at the end of a calendar month in which a policy with `removeBefore: EndOfMonth` removes applications. */
export interface FinalDays {
  readonly from: Date;
  /** Exclusive. The end of the month, or of the last window of the month, after which no removal can start anyway. */
  readonly until: Date;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Without windows, the final days begin at this time before the end of the month. */
const FINAL_DAYS_MS = 3 * DAY_MS;
/**
 * Removals are planned to start before this time before the end of the month. AWS does not document in which time zone a month ends.
 * It ends 14 hours earlier than in UTC in the easternmost zone, and deployments take time.
 */
const RESERVE_MS = DAY_MS;
/** Openings that are closer together count as one window. */
const SAME_WINDOW_MS = 12 * HOUR_MS;

/**
 * Returns the final days that include a time, or the next ones. Months are those of UTC. The final days begin with the first window that
 * opens within the last three days of the month, or earlier, so that at least two windows open before the last 24 hours of the month. If
 * fewer windows open in the month, they begin with the first one.
 *
 * @returns undefined if no window opens within eight years
 */
export function finalDays(windows: readonly MaintenanceWindow[], now: Date): FinalDays | undefined {
  const time = now.getTime();
  const known = cache.get(windows);
  if (known !== undefined && time >= known.from && time < known.until) {
    return known.days;
  }
  const days = search(windows, time);
  cache.set(windows, { from: time, until: days?.until.getTime() ?? time + DAY_MS, days });
  return days;
}

/** Whether final days begin before the last three days of their month, because too few windows open in these. */
export function isExtended({ from }: FinalDays): boolean {
  return from.getTime() < monthOf(from.getTime()).end - FINAL_DAYS_MS;
}

/** Returns how long windows are open in final days after a time, in milliseconds. Overlapping windows count once. */
export function openTime({ from, until }: FinalDays, windows: readonly MaintenanceWindow[], now: Date): number {
  const period = { from: Math.max(from.getTime(), now.getTime()), until: until.getTime() };
  const open = windows.length === 0 ? [period] : windows.flatMap((window) => [...openPeriods(window, period)]);
  let [sum, end] = [0, period.from];
  for (const { from: opening, until: closing } of open.sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, Math.min(closing, period.until) - Math.max(opening, end));
    end = Math.max(end, closing);
  }
  return sum;
}

/** Time in milliseconds since the epoch. `until` is exclusive. */
interface Period {
  readonly from: number;
  readonly until: number;
}

/** Yields times in which a window is open in a period. They can overlap, and exceed the period. */
function* openPeriods({ cron, timeZone, duration }: MaintenanceWindow, { from, until }: Period): Generator<Period> {
  const openings = new CronSchedule(cron, timeZone);
  let opening = openings.firstAfter(from - duration);
  while (opening !== undefined && opening < until) {
    yield { from: opening, until: opening + duration };
    // Skips the openings while the window is open, except for the last one, which extends it most.
    const last = openings.lastBetween(opening, opening + duration);
    opening = openings.firstAfter(last === undefined ? opening : last - 1);
  }
}

/** Result of the last search, which is the same from `from` until `until`. */
interface CachedDays {
  readonly from: number;
  readonly until: number;
  readonly days: FinalDays | undefined;
}

/** Last result by the windows of a parsed policy. It disappears with the policy. */
const cache = new WeakMap<readonly MaintenanceWindow[], CachedDays>();

interface Schedule {
  readonly openings: CronSchedule;
  readonly duration: number;
}

function search(windows: readonly MaintenanceWindow[], now: number): FinalDays | undefined {
  const schedules = windows.map(({ cron, timeZone, duration }) => ({
    openings: new CronSchedule(cron, timeZone),
    duration,
  }));
  let month: number | undefined = now;
  while (month !== undefined) {
    const days = finalDaysIn(monthOf(month), schedules);
    if (days !== undefined && now < days.until.getTime()) {
      return days;
    }
    const { end } = monthOf(month);
    month = schedules.length === 0 ? end : firstFrom(end, schedules);
  }
  return undefined;
}

/** Calendar month in UTC. Milliseconds since the epoch; `end` is exclusive. */
interface Month {
  readonly start: number;
  readonly end: number;
}

function monthOf(time: number): Month {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
}

/** Returns the final days of a month, or undefined if no window opens in it. */
function finalDaysIn(month: Month, schedules: readonly Schedule[]): FinalDays | undefined {
  const usual = month.end - FINAL_DAYS_MS;
  if (schedules.length === 0) {
    return { from: new Date(usual), until: new Date(month.end) };
  }
  const first = firstFrom(usual, schedules);
  const starts = [
    first !== undefined && first < month.end ? first : undefined,
    startOfSecondLastWindow(month, schedules),
  ].filter((start) => start !== undefined);
  return starts.length === 0
    ? undefined
    : { from: new Date(Math.min(...starts)), until: new Date(endOfWindows(month, schedules)) };
}

/** Returns the start of the second last window before the reserve, or of the last one if it is the only one in the month. */
function startOfSecondLastWindow({ start, end }: Month, schedules: readonly Schedule[]): number | undefined {
  const last = lastIn(start, end - RESERVE_MS, schedules);
  if (last === undefined) {
    return undefined;
  }
  const secondLast = lastIn(start, last - SAME_WINDOW_MS + 1, schedules) ?? last;
  return firstFrom(Math.max(start, secondLast - SAME_WINDOW_MS + 1), schedules);
}

function endOfWindows({ start, end }: Month, schedules: readonly Schedule[]): number {
  const ends = schedules.flatMap(({ openings, duration }) => {
    const last = openings.lastBetween(start - 1, end - 1);
    return last === undefined ? [] : [last + duration];
  });
  return Math.min(end, Math.max(...ends));
}

/** Returns the first opening at or after a time. */
function firstFrom(time: number, schedules: readonly Schedule[]): number | undefined {
  const all = schedules.flatMap(({ openings }) => openings.firstAfter(time - 1) ?? []);
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Returns the last opening in [from, until). */
function lastIn(from: number, until: number, schedules: readonly Schedule[]): number | undefined {
  const all = schedules.flatMap(({ openings }) => openings.lastBetween(from - 1, until - 1) ?? []);
  return all.length === 0 ? undefined : Math.max(...all);
}
