import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/**
 * A clock that advances only with `advance`. Sleepers wake in the order of their due times, and everything that one of them does without
 * further sleep happens before the next wakes. A sleep of 0 ms ends immediately.
 */
export class VirtualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  #sleepers: Sleeper[] = [];

  /** @param start initial wall time */
  constructor(start: Date | string = '2026-01-05T10:00:00Z') {
    this.#start = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#start + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      if (ms === 0) {
        resolve();
        return;
      }
      const abort = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: this.#elapsed + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Returns the remaining milliseconds of all sleepers in ascending order. */
  sleeping(): number[] {
    return this.#sleepers.map(({ due }) => due - this.#elapsed).sort((a, b) => a - b);
  }

  /** Advances the time by `ms` milliseconds. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#elapsed = next.due;
      next.wake();
      await settle();
    }
    this.#elapsed = until;
  }

  /** Returns the first sleeper that is due until then. Of several, returns the one that slept first. */
  #next(until: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= until);
    return due.reduce<Sleeper | undefined>(
      (first, sleeper) => (first === undefined || sleeper.due < first.due ? sleeper : first),
      undefined,
    );
  }
}

/** Resolves when all promises that need neither time nor I/O are settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock whose sleeps end immediately, for long waits of which only the outcome matters. */
export class InstantClock implements Clock {
  #elapsed = 0;

  now(): Date {
    return new Date(Date.UTC(2026, 0, 5, 10) + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#elapsed += ms;
  }
}
