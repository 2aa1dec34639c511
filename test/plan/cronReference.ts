/** Minute of a local calendar. Sunday is weekday 0. */
export interface LocalMinute {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

/** Rule for one field of a cron expression: its text, and whether it matches a minute. */
export interface FieldRule {
  readonly text: string;
  readonly matches: (local: LocalMinute) => boolean;
}

const MINUTE_MS = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Returns each minute from `from` to `until`, in UTC and in local time, as ICU converts it. */
export function minutesOf(timeZone: string, from: Date, until: Date): readonly (readonly [number, LocalMinute])[] {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const minutes: [number, LocalMinute][] = [];
  for (let time = from.getTime(); time < until.getTime(); time += MINUTE_MS) {
    const parts = Object.fromEntries(clock.formatToParts(time).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, weekday = '' } = parts;
    minutes.push([
      time,
      {
        year: Number(year),
        month: Number(month),
        day: Number(day),
        weekday: WEEKDAYS.indexOf(weekday),
        hour: Number(hour),
        minute: Number(minute),
      },
    ]);
  }
  return minutes;
}

/** Returns the last day of the month of a date. */
export function lastDay({ year, month }: LocalMinute): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** State of a window at `now`, found by reading every minute. The next opening is undefined if none of the minutes is one. */
export function referenceState(
  openings: readonly number[],
  duration: number,
  now: number,
): { readonly isOpen: boolean; readonly next: number | undefined } {
  return {
    isOpen: openings.some((opening) => opening <= now && now < opening + duration),
    next: openings.find((opening) => opening > now),
  };
}
