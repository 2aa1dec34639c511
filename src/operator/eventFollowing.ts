import type { Clock } from '../clock.ts';

/**
 * Which runs follow reads that events caused. Such a run doesn't wait for other reads, so that it acts on the events within seconds. So do
 * the runs of the next seconds, because they make the changes that the first one has shown.
 */
export class EventFollowing {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #durationMs: number;
  /** Keys of the policies with reads since the start of their last run. */
  readonly #news = new Set<string>();
  /** End of the time in which runs follow, by the key of the policy (monotonic). */
  readonly #until = new Map<string, number>();

  /** @param durationMs time after the first run that follows a read in which runs follow it too, in milliseconds */
  constructor(clock: Pick<Clock, 'monotonic'>, durationMs: number) {
    this.#clock = clock;
    this.#durationMs = durationMs;
  }

  /** Records that events caused reads for a policy. */
  recordReads(key: string): void {
    this.#news.add(key);
  }

  /** Whether events caused reads since the start of the policy's last run. */
  hasNews(key: string): boolean {
    return this.#news.has(key);
  }

  /** Starts a run of a policy. Returns whether it follows events. */
  startRun(key: string): boolean {
    const now = this.#clock.monotonic();
    if (this.#news.delete(key)) {
      this.#until.set(key, now + this.#durationMs);
    }
    return now < (this.#until.get(key) ?? Number.NEGATIVE_INFINITY);
  }

  forget(key: string): void {
    this.#news.delete(key);
    this.#until.delete(key);
  }
}
