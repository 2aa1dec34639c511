import { performance } from 'node:perf_hooks';

export interface Measurement {
  /** Milliseconds of the fastest call, which depend the least on the load of the machine. */
  readonly milliseconds: number;
  readonly runs: number;
}

/** Measures `min` calls, and up to `max` if none of them takes at most `goal` milliseconds. */
export function fastest(
  call: () => unknown,
  { goal, min, max }: Readonly<Record<'goal' | 'min' | 'max', number>>,
): Measurement {
  let [milliseconds, runs] = [Number.POSITIVE_INFINITY, 0];
  while (runs < min || (milliseconds > goal && runs < max)) {
    const start = performance.now();
    call();
    milliseconds = Math.min(milliseconds, performance.now() - start);
    runs++;
  }
  return { milliseconds, runs };
}
