import { writeSync } from 'node:fs';

/** Runs a step and prints its time to stderr, for the documentation. Tests assert no times. */
export async function measure<T>(step: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  report(step, (performance.now() - start) / 1000);
  return result;
}

/** Prints a time in seconds to stderr. */
export function report(step: string, seconds: number): void {
  writeSync(process.stderr.fd, `measured: ${step}: ${seconds.toFixed(1)} s\n`);
}
