/** Period in which the UTC offset of a time zone is constant. In milliseconds; `until` is exclusive. */
export interface OffsetPeriod {
  readonly from: number;
  readonly until: number;
  /** Local time minus UTC. */
  readonly offset: number;
}

const SECOND_MS = 1_000;
/** Interval at which the offset is read. No zone changes its offset twice within it. */
const PROBE_MS = 8 * 3_600_000;
/** Bound on the formatters in memory. Each takes tens of kilobytes, and policies can contain any spelling of a zone. */
const MAX_FORMATTERS = 64;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Returns the UTC offset of a time zone at a time, in milliseconds. */
export function utcOffset(timeZone: string, time: number): number {
  const second = Math.floor(time / SECOND_MS) * SECOND_MS;
  const parts = new Map<string, number>();
  for (const { type, value } of formatterFor(timeZone).formatToParts(second)) {
    parts.set(type, Number(value));
  }
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second')) - second;
}

/** Returns the periods from `from` to `until` (exclusive) in ascending order. */
export function offsetPeriods(timeZone: string, from: number, until: number): OffsetPeriod[] {
  const periods: OffsetPeriod[] = [];
  let start = from;
  let offset = utcOffset(timeZone, from);
  for (let probe = from; probe < until; probe += PROBE_MS) {
    const end = Math.min(probe + PROBE_MS, until);
    const next = utcOffset(timeZone, end);
    if (next !== offset) {
      const change = firstChange(timeZone, probe, end, offset);
      periods.push({ from: start, until: change, offset });
      start = change;
      offset = next;
    }
  }
  return start < until ? [...periods, { from: start, until, offset }] : periods;
}

/** Returns the time in (from, to] at which the offset stops being `offset`, to the second. */
function firstChange(timeZone: string, from: number, to: number, offset: number): number {
  let before = Math.floor(from / SECOND_MS);
  let after = Math.ceil(to / SECOND_MS);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (utcOffset(timeZone, middle * SECOND_MS) === offset) {
      before = middle;
    } else {
      after = middle;
    }
  }
  return after * SECOND_MS;
}

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const formatter =
    formatters.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formatters.delete(timeZone);
  formatters.set(timeZone, formatter);
  const [oldest] = formatters.keys();
  if (formatters.size > MAX_FORMATTERS && oldest !== undefined) {
    formatters.delete(oldest);
  }
  return formatter;
}
