import { type MaintenanceWindow, millisecondsOf, type PolicySpec } from './manifests.ts';
import { MINUTE } from './schedule.ts';

/** Offsets in minutes. All schedules run in January, so daylight saving time doesn't apply. */
const OFFSETS: Readonly<Record<string, number>> = { UTC: 0, 'Europe/Berlin': 60, 'America/New_York': -300 };

/** Whether a maintenance window of a policy is open between `from` and `to`, in milliseconds since the epoch. */
export function isWindowOpen({ rollout }: PolicySpec, from: number, to: number): boolean {
  const windows = rollout?.maintenanceWindows ?? [];
  return windows.length === 0 || windows.some((window) => isOpen(window, from, to));
}

/** Whether the window opened in a minute that lies within its duration. */
function isOpen(window: MaintenanceWindow, from: number, to: number): boolean {
  const earliest = from - millisecondsOf(window.duration);
  for (let opening = Math.floor(to / MINUTE) * MINUTE; opening > earliest; opening -= MINUTE) {
    if (opensAt(window, opening)) {
      return true;
    }
  }
  return false;
}

/** Whether a window opens at a full minute, in milliseconds since the epoch. */
export function opensAt({ cron, timeZone = 'UTC' }: MaintenanceWindow, minute: number): boolean {
  const [minutes = '', hours = '', day = '', month = '', weekday] = cron.split(' ');
  const offset = OFFSETS[timeZone];
  if (offset === undefined || weekday !== '*') {
    throw new Error(`the simulation does not support the window ${cron} in ${timeZone}`);
  }
  const local = minute / MINUTE + offset;
  const date = new Date(local * MINUTE);
  return (
    isIn(minutes, local % 60) &&
    isIn(hours, Math.floor(local / 60) % 24) &&
    isIn(day, date.getUTCDate()) &&
    isIn(month, date.getUTCMonth() + 1)
  );
}

/** Matches `*`, a number, or `first-last/step`. */
function isIn(field: string, value: number): boolean {
  const [, first, last, step] = /^(\d+)-(\d+)\/(\d+)$/.exec(field) ?? [];
  if (first !== undefined) {
    return value >= Number(first) && value <= Number(last) && (value - Number(first)) % Number(step) === 0;
  }
  return field === '*' || Number(field) === value;
}
