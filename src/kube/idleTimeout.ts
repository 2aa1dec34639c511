import type { Clock } from '../clock.ts';

/** Aborts its signal once nothing was heard for `idleTimeoutMs`, or with `outer`. Dispose of it when the wait is over. */
export class IdleTimeout implements Disposable {
  readonly signal: AbortSignal;
  readonly #expired = new AbortController();
  readonly #disposed = new AbortController();
  readonly #clock: Clock;
  #heard: number;

  constructor(clock: Clock, idleTimeoutMs: number, outer?: AbortSignal) {
    this.#clock = clock;
    this.#heard = clock.monotonic();
    this.signal = outer === undefined ? this.#expired.signal : AbortSignal.any([outer, this.#expired.signal]);
    // Rejects only when disposed of.
    this.#watch(idleTimeoutMs).catch(() => {});
  }

  /** Whether it is the silence that aborted the signal. */
  get expired(): boolean {
    return this.#expired.signal.aborted;
  }

  /** Something was heard: the count starts anew. */
  extend(): void {
    this.#heard = this.#clock.monotonic();
  }

  /** Settles as `promise` does, or rejects with the signal's reason. For promises that know no signal themselves. */
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

  [Symbol.dispose](): void {
    this.#disposed.abort();
  }

  async #watch(idleTimeoutMs: number): Promise<void> {
    for (let silence = 0; silence < idleTimeoutMs; silence = this.#clock.monotonic() - this.#heard) {
      await this.#clock.sleep(idleTimeoutMs - silence, this.#disposed.signal);
    }
    this.#expired.abort(new Error(`nothing was heard from the API server for ${idleTimeoutMs / 1000} s`));
  }
}
