import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that moves only when a test moves it. */
export class VirtualClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];
  readonly #epoch: number;

  constructor(epoch = Date.UTC(2027, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): Date {
    return new Date(this.#epoch + this.#now);
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Milliseconds that each sleeper has left, shortest first. */
  sleeping(): number[] {
    return this.#sleepers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Moves time on, waking sleepers at their time and letting what they woke run, so that it may sleep again. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }
}
