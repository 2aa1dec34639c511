import { performance } from 'node:perf_hooks';

/** Returns the milliseconds of the fastest of several calls, which depend the least on the load of the machine. */
export function fastestOf(runs: number, call: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return Math.min(...times);
}
