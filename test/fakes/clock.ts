import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/**
 * Time that passes only by `advance`. Wall time starts at the given date; what sleeps wakes in the order in which it is due, and all
 * that follows from one awakening without further sleep happens before the next. A sleep of no time is over at once.
 */
export class VirtualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  #sleepers: Sleeper[] = [];

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

  /** Milliseconds that each sleeper has left, shortest first. */
  sleeping(): number[] {
    return this.#sleepers.map(({ due }) => due - this.#elapsed).sort((a, b) => a - b);
  }

  /** Lets `ms` milliseconds pass. */
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

  /** The first that is due by then; of several, the one that slept first. */
  #next(until: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= until);
    return due.reduce<Sleeper | undefined>(
      (first, one) => (first === undefined || one.due < first.due ? one : first),
      undefined,
    );
  }
}

/** Resolves when every promise that can settle without time or I/O has. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time in which every sleep is over at once: for what waits long, and where only its outcome matters. */
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
