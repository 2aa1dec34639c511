import { createTask, parse, type ScheduledTask } from 'node-cron';
import type { MaintenanceWindow } from '../policy/maintenanceWindow.ts';

/** Whether a window is open at a time, and when the next one opens. */
export interface WindowState {
  readonly isOpen: boolean;
  /** When the next one opens; undefined if none does within the eight years in which every date comes at least once. */
  readonly nextOpening: Date | undefined;
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 24 * 3_600_000;
const HORIZON = 8 * 366 * DAY;

/**
 * The state of a policy's windows. A time that daylight saving skips opens no window on that day; one that it repeats opens it twice.
 * Without windows any time is good.
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

/** What is known of a window's openings around a time: valid until the next of them. */
interface Around {
  readonly from: number;
  readonly previous: number | undefined;
  readonly next: number | undefined;
}

/** The openings of one window. Finding them takes milliseconds, so what was found is kept until it is over. */
class Schedule {
  readonly #window: MaintenanceWindow;
  readonly #task: ScheduledTask;
  readonly #minutes: ReadonlySet<number>;
  readonly #hours: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  readonly #clock: Intl.DateTimeFormat;
  #around: Around | undefined;

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
    const known = this.#around;
    if (known === undefined || now < known.from || now >= (known.next ?? known.from + DAY)) {
      this.#around = {
        from: now,
        previous: this.#lastBetween(now - this.#window.duration, now),
        next: this.#firstAfter(now),
      };
    }
    const { previous, next } = this.#around ?? {};
    return { isOpen: previous !== undefined && now < previous + this.#window.duration, next };
  }

  /** The last opening in (from, to]. */
  #lastBetween(from: number, to: number): number | undefined {
    return this.#openings(from + 1, to).at(-1);
  }

  #firstAfter(time: number): number | undefined {
    for (let from = time + 1; from < time + HORIZON; from += DAY) {
      const to = from + DAY - 1;
      if (this.#months.has(this.#local(from).month) || this.#months.has(this.#local(to).month)) {
        const [first] = this.#openings(from, to);
        if (first !== undefined) {
          return first;
        }
      }
    }
    return undefined;
  }

  /** The openings from `from` to `to`. Zones differ from UTC by quarters of an hour, so one look at the zone's clock serves a quarter. */
  #openings(from: number, to: number): number[] {
    const found: number[] = [];
    for (let quarter = Math.floor(from / QUARTER) * QUARTER; quarter <= to; quarter += QUARTER) {
      const local = this.#local(quarter);
      if (!this.#hours.has(local.hour)) {
        continue;
      }
      for (let minute = 0; minute < 15; minute++) {
        const time = quarter + minute * MINUTE;
        if (
          time >= from &&
          time <= to &&
          this.#minutes.has(local.minute + minute) &&
          this.#task.match(new Date(time))
        ) {
          found.push(time);
        }
      }
    }
    return found;
  }

  #local(time: number): { month: number; hour: number; minute: number } {
    const parts = Object.fromEntries(this.#clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return { month: parts.month ?? 0, hour: parts.hour ?? 0, minute: parts.minute ?? 0 };
  }
}

/** One for each expression, zone and duration: node-cron keeps its tasks in a registry for good. */
const schedules = new Map<string, Schedule>();

function scheduleOf(window: MaintenanceWindow): Schedule {
  const key = `${window.timeZone} ${window.duration} ${window.cron}`;
  const known = schedules.get(key) ?? new Schedule(window);
  schedules.set(key, known);
  return known;
}
