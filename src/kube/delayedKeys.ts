import type { Clock } from '../clock.ts';

/** Keys with the times at which they are due (monotonic), and one timer for the first of them. */
export class DelayedKeys {
  readonly #clock: Clock;
  readonly #onDue: (key: string) => void;
  readonly #due = new Map<string, number>();
  #timer: { readonly at: number; readonly cancel: AbortController } | undefined;
  #isClosed = false;

  /** @param onDue called for each key when it is due, in the order of the due times */
  constructor(clock: Clock, onDue: (key: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Due time of the first key (monotonic). Undefined if there is none. */
  get nextDue(): number | undefined {
    return this.#timer?.at;
  }

  /** Adds a key that is due after a delay in milliseconds, unless it is due earlier already. */
  add(key: string, delayMs: number): void {
    if (this.#isClosed) {
      return;
    }
    const at = this.#clock.monotonic() + delayMs;
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? Number.POSITIVE_INFINITY));
    this.#setTimer(at);
  }

  /** Drops all keys and accepts no more. */
  close(): void {
    this.#isClosed = true;
    this.#due.clear();
    this.#timer?.cancel.abort();
    this.#timer = undefined;
  }

  /** Sets the timer to a due time, unless it is set to an earlier one. */
  #setTimer(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) {
      return;
    }
    this.#timer?.cancel.abort();
    const cancel = new AbortController();
    this.#timer = { at, cancel };
    this.#clock.sleep(at - this.#clock.monotonic(), cancel.signal).then(
      () => this.#onTimer(),
      () => {},
    );
  }

  #onTimer(): void {
    if (this.#isClosed) {
      return;
    }
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const due = [...this.#due].sort(([, a], [, b]) => a - b);
    for (const [key, at] of due) {
      if (at > now) {
        this.#setTimer(at);
        return;
      }
      this.#due.delete(key);
      this.#onDue(key);
    }
  }
}
