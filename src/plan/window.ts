import { CronSchedule } from '../policy/cronSchedule.ts';
import type { MaintenanceWindow } from '../policy/maintenanceWindow.ts';

/** State of a policy's maintenance windows at a time. */
export interface WindowState {
  readonly isOpen: boolean;
  /** Time of the next opening. Undefined if there is none within eight years, in which every date occurs at least once. */
  readonly nextOpening: Date | undefined;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Returns the state of a policy's windows. A window does not open at a time that daylight saving time skips, and opens twice at a time
 * that it repeats. A policy without windows allows changes at any time.
 */
export function windowState(windows: readonly MaintenanceWindow[], now: Date): WindowState {
  if (windows.length === 0) {
    return { isOpen: true, nextOpening: undefined };
  }
  const states = windows.map((window) => openingsFor(window).at(now.getTime()));
  const openings = states.flatMap(({ next }) => next ?? []);
  return {
    isOpen: states.some(({ isOpen }) => isOpen),
    nextOpening: openings.length === 0 ? undefined : new Date(Math.min(...openings)),
  };
}

/** The openings of a window around a time, which are valid until the next opening. Milliseconds since the epoch. */
interface NearbyOpenings {
  readonly from: number;
  readonly previous: number | undefined;
  readonly next: number | undefined;
}

/** The openings of one window, of which the nearby ones are cached. */
class Openings {
  readonly #duration: number;
  readonly #schedule: CronSchedule;
  #nearby: NearbyOpenings | undefined;

  constructor({ cron, timeZone, duration }: MaintenanceWindow) {
    this.#duration = duration;
    this.#schedule = new CronSchedule(cron, timeZone);
  }

  at(now: number): { isOpen: boolean; next: number | undefined } {
    const cached = this.#nearby;
    if (cached === undefined || now < cached.from || now >= (cached.next ?? cached.from + DAY_MS)) {
      this.#nearby = {
        from: now,
        previous: this.#schedule.lastBetween(now - this.#duration, now),
        next: this.#schedule.firstAfter(now),
      };
    }
    const { previous, next } = this.#nearby ?? {};
    return { isOpen: previous !== undefined && now < previous + this.#duration, next };
  }
}

/** Openings by window of a parsed policy. They disappear with the policy. */
const openingsCache = new WeakMap<MaintenanceWindow, Openings>();

function openingsFor(window: MaintenanceWindow): Openings {
  const openings = openingsCache.get(window) ?? new Openings(window);
  openingsCache.set(window, openings);
  return openings;
}
