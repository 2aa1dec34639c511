import { createTask, parse, type ScheduledTask } from 'node-cron';
import type { MaintenanceWindow } from '../policy/maintenanceWindow.ts';

/** State of a policy's maintenance windows at a time. */
export interface WindowState {
  readonly isOpen: boolean;
  /** Time of the next opening. Undefined if there is none within eight years, in which every date occurs at least once. */
  readonly nextOpening: Date | undefined;
}

const MINUTE_MS = 60_000;
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
const DAY_MS = 24 * 3_600_000;
const HORIZON_MS = 8 * 366 * DAY_MS;

/**
 * Returns the state of a policy's windows. A window does not open at a time that daylight saving time skips, and opens twice at a time
 * that it repeats. A policy without windows allows changes at any time.
 */
export function windowState(windows: readonly MaintenanceWindow[], now: Date): WindowState {
  if (windows.length === 0) {
    return { isOpen: true, nextOpening: undefined };
  }
  const states = windows.map((window) => scheduleOf(window).at(now.getTime()));
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

/** The openings of one window. A search takes milliseconds, so its result is cached. */
class Schedule {
  readonly #window: MaintenanceWindow;
  readonly #task: ScheduledTask;
  readonly #minutes: ReadonlySet<number>;
  readonly #hours: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  readonly #clock: Intl.DateTimeFormat;
  #nearby: NearbyOpenings | undefined;

  constructor(window: MaintenanceWindow) {
    this.#window = window;
    this.#task = createTask(window.cron, () => {}, { timezone: window.timeZone });
    const { minute, hour, month } = parse(window.cron);
    this.#minutes = new Set(minute);
    this.#hours = new Set(hour);
    this.#months = new Set(month);
    this.#clock = new Intl.DateTimeFormat('en-US', {
      timeZone: window.timeZone,
      month: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    });
  }

  at(now: number): { isOpen: boolean; next: number | undefined } {
    const cached = this.#nearby;
    if (cached === undefined || now < cached.from || now >= (cached.next ?? cached.from + DAY_MS)) {
      this.#nearby = {
        from: now,
        previous: this.#lastBetween(now - this.#window.duration, now),
        next: this.#firstAfter(now),
      };
    }
    const { previous, next } = this.#nearby ?? {};
    return { isOpen: previous !== undefined && now < previous + this.#window.duration, next };
  }

  /** Returns the last opening in (from, to]. */
  #lastBetween(from: number, to: number): number | undefined {
    return this.#openings(from + 1, to).at(-1);
  }

  #firstAfter(time: number): number | undefined {
    for (let from = time + 1; from < time + HORIZON_MS; from += DAY_MS) {
      const to = from + DAY_MS - 1;
      if (this.#months.has(this.#local(from).month) || this.#months.has(this.#local(to).month)) {
        const [first] = this.#openings(from, to);
        if (first !== undefined) {
          return first;
        }
      }
    }
    return undefined;
  }

  /**
   * Returns the openings from `from` to `to`. The UTC offsets of time zones are multiples of a quarter hour, so one conversion to local time
   * is sufficient for each quarter hour.
   */
  #openings(from: number, to: number): number[] {
    const openings: number[] = [];
    const first = Math.floor(from / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
    for (let quarter = first; quarter <= to; quarter += QUARTER_HOUR_MS) {
      const local = this.#local(quarter);
      if (!this.#hours.has(local.hour)) {
        continue;
      }
      for (let minute = 0; minute < 15; minute++) {
        const time = quarter + minute * MINUTE_MS;
        if (
          time >= from &&
          time <= to &&
          this.#minutes.has(local.minute + minute) &&
          this.#task.match(new Date(time))
        ) {
          openings.push(time);
        }
      }
    }
    return openings;
  }

  #local(time: number): { month: number; hour: number; minute: number } {
    const parts = Object.fromEntries(this.#clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return { month: parts.month ?? 0, hour: parts.hour ?? 0, minute: parts.minute ?? 0 };
  }
}

/** One schedule for each expression, time zone, and duration, because node-cron never removes a task from its registry. */
const schedules = new Map<string, Schedule>();

function scheduleOf(window: MaintenanceWindow): Schedule {
  const key = `${window.timeZone} ${window.duration} ${window.cron}`;
  const schedule = schedules.get(key) ?? new Schedule(window);
  schedules.set(key, schedule);
  return schedule;
}
