import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import type { Listing } from './observations.ts';

/** How long a failed read is the answer for everybody, in milliseconds, so that a thousand policies don't repeat it at once. */
const FAILURE_AGE = 5_000;

interface Asked<T> {
  readonly askedAt: number;
  readonly answer: Promise<Listing<T> | FleetError>;
  failed: boolean;
}

interface Entry<T> {
  /** The last that was answered. */
  good: Listing<T> | undefined;
  /** The last that was asked for. */
  asked: Asked<T> | undefined;
  /** Milliseconds since the epoch. */
  neededUntil: number;
}

/** Listings by name: each is asked for once for all who need it, and a failure takes nothing from those whom an older one serves. */
export class Listings {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The listing of this name that was asked for at `since` or later; what `read` answers if there is none yet. */
  async get<T>(name: string, since: number, read: () => Promise<T[]>): Promise<Listing<T> | FleetError> {
    const now = this.#clock.now().getTime();
    const entry = (this.#entries.get(name) ?? { good: undefined, asked: undefined, neededUntil: 0 }) as Entry<T>;
    this.#entries.set(name, entry as Entry<unknown>);
    entry.neededUntil = Math.max(entry.neededUntil, now + 2 * (now - since) + FAILURE_AGE);
    if (entry.good !== undefined && entry.good.askedAt >= since) {
      return entry.good;
    }
    const { asked } = entry;
    if (asked !== undefined && asked.askedAt >= since && (!asked.failed || asked.askedAt > now - FAILURE_AGE)) {
      return asked.answer;
    }
    entry.asked = this.#ask(entry, now, read);
    return entry.asked.answer;
  }

  /** Forgets what nobody has needed for longer than they keep listings. */
  prune(): void {
    const now = this.#clock.now().getTime();
    for (const [name, { neededUntil }] of this.#entries) {
      if (neededUntil < now) {
        this.#entries.delete(name);
      }
    }
  }

  #ask<T>(entry: Entry<T>, askedAt: number, read: () => Promise<T[]>): Asked<T> {
    const asked: Asked<T> = {
      askedAt,
      failed: false,
      answer: read().then(
        (value) => {
          entry.good = { askedAt, value };
          return entry.good;
        },
        (error: unknown) => {
          asked.failed = true;
          if (error instanceof FleetError) {
            return error;
          }
          entry.asked = undefined;
          throw error;
        },
      ),
    };
    return asked;
  }
}
