/** Parameters of an exponential backoff, like client-go's `wait.Backoff`. */
export interface Backoff {
  /** Delay after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** Maximum delay before jitter, in milliseconds. */
  readonly maxMs: number;
  /** Factor by which the delay grows after each failure. Defaults to 2. */
  readonly factor?: number;
  /** Maximum random part of the delay to add, as in `wait.Jitter`. Defaults to 0. A value of 1 doubles the delay at most. */
  readonly jitter?: number;
}

/**
 * Returns the delay before the next attempt, in milliseconds: base · factor^failures, bounded, then jittered.
 *
 * @param failures number of earlier failures in a row, not counting the one that this delay follows
 * @param random returns a number from 0 to 1
 */
export function backoffDelay(
  { baseMs, maxMs, factor = 2, jitter = 0 }: Backoff,
  failures: number,
  random: () => number = () => 0,
): number {
  return Math.min(maxMs, baseMs * factor ** failures) * (1 + random() * jitter);
}
