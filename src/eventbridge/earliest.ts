/** Returns the earliest time. Infinity if there is none. Unlike `Math.min`, without a limit for the number of times. */
export function earliest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
