export interface Backoff {
  /** The first delay, in milliseconds. */
  readonly baseMs: number;
  /** No delay is longer, its jitter aside. */
  readonly maxMs: number;
  /** A random share of the delay, up to this factor, is added to it; 0 adds nothing, 1 up to doubles it (client-go's wait.Jitter). */
  readonly jitter: number;
}

/** The delay in milliseconds after `failures` earlier failures in a row: base · 2^failures, bounded, then jittered. */
export function backoffDelay({ baseMs, maxMs, jitter }: Backoff, failures: number, random: () => number): number {
  return Math.min(maxMs, baseMs * 2 ** failures) * (1 + random() * jitter);
}
