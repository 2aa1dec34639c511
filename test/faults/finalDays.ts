import type { PolicySpec } from './manifests.ts';
import { millisecondsOf } from './manifests.ts';
import { MINUTE } from './schedule.ts';
import { opensAt } from './windows.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Openings of windows in a month, in ascending order, by month and windows. */
const known = new Map<string, readonly number[]>();

/**
 * Whether a time lies in the final days of its month, in which a policy with `removeBefore: EndOfMonth` removes applications: the last three
 * days, or from the second last window on that opens before the last day. Windows within 12 hours are one.
 */
export function isInFinalDays({ rollout }: PolicySpec, now: number): boolean {
  const date = new Date(now);
  const [start, end] = [0, 1].map((months) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months)) as [
    number,
    number,
  ];
  const windows = rollout?.maintenanceWindows ?? [];
  if (windows.length === 0) {
    return now >= end - 3 * DAY;
  }
  const key = `${start} ${JSON.stringify(windows)}`;
  const openings = known.get(key) ?? openingsBetween(start, end, windows);
  known.set(key, openings);
  const inTime = openings.filter((one) => one < end - DAY);
  const last = inTime.at(-1) ?? Number.POSITIVE_INFINITY;
  const secondLast = inTime.filter((one) => one <= last - 12 * HOUR).at(-1) ?? last;
  const from = openings.find((one) => one >= end - 3 * DAY || (one < end - DAY && one > secondLast - 12 * HOUR));
  const until = Math.max(
    ...windows.flatMap((window) =>
      openings.filter((one) => opensAt(window, one)).map((one) => one + millisecondsOf(window.duration)),
    ),
  );
  return from !== undefined && now >= from && now < until;
}

function openingsBetween(
  start: number,
  end: number,
  windows: NonNullable<NonNullable<PolicySpec['rollout']>['maintenanceWindows']>,
): number[] {
  const openings: number[] = [];
  for (let minute = start; minute < end; minute += MINUTE) {
    if (windows.some((window) => opensAt(window, minute))) {
      openings.push(minute);
    }
  }
  return openings;
}
