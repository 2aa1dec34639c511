import type { Clock } from '../clock.ts';

/** Aborts its signal after `idleTimeoutMs` without `extend`, or together with `outer`. Dispose of it after the wait. */
export class IdleTimeout implements Disposable {
  readonly signal: AbortSignal;
  readonly #expired = new AbortController();
  readonly #disposed = new AbortController();
  readonly #clock: Clock;
  #extendedAt: number;
  /** Number of waits to which the timeout doesn't apply. */
  #suspensions = 0;

  constructor(clock: Clock, idleTimeoutMs: number, outer?: AbortSignal) {
    this.#clock = clock;
    this.#extendedAt = clock.monotonic();
    this.signal = outer === undefined ? this.#expired.signal : AbortSignal.any([outer, this.#expired.signal]);
    // Rejects only after disposal.
    this.#watch(idleTimeoutMs).catch(() => {});
  }

  /** Whether the timeout aborted the signal. */
  get expired(): boolean {
    return this.#expired.signal.aborted;
  }

  /** Restarts the timeout. */
  extend(): void {
    this.#extendedAt = this.#clock.monotonic();
  }

  /** Settles as `promise` does, or rejects with the reason of the signal. Used for promises without signal support. */
  async bound<T>(promise: Promise<T>): Promise<T> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(this.signal.reason);
    this.signal.addEventListener('abort', onAbort, { once: true });
    if (this.signal.aborted) {
      onAbort();
    }
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }

  /** Settles as `bound` does, but the timeout doesn't apply meanwhile. Used to wait for a person. */
  async unlimited<T>(promise: Promise<T>): Promise<T> {
    this.#suspensions++;
    try {
      return await this.bound(promise);
    } finally {
      this.#suspensions--;
      this.extend();
    }
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
  }

  async #watch(idleTimeoutMs: number): Promise<void> {
    for (let idleMs = 0; idleMs < idleTimeoutMs; idleMs = this.#idleMs()) {
      await this.#clock.sleep(idleTimeoutMs - idleMs, this.#disposed.signal);
    }
    this.#expired.abort(new Error(`no data from the API server for ${idleTimeoutMs / 1000} s`));
  }

  #idleMs(): number {
    return this.#suspensions > 0 ? 0 : this.#clock.monotonic() - this.#extendedAt;
  }
}
