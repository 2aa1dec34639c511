import process from 'node:process';

/**
 * How a fuzzing test runs: the same inputs each time, so many of them. WSAP_FUZZ_RUNS makes it so many times more, and WSAP_FUZZ_SEED
 * others.
 */
export function fuzzRuns(count: number): { readonly numRuns: number; readonly seed: number } {
  const { WSAP_FUZZ_RUNS: times = '1', WSAP_FUZZ_SEED: seed = '1' } = process.env;
  return { numRuns: count * Number(times), seed: Number(seed) };
}
