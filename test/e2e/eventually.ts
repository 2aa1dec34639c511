import { vi } from 'vitest';

/** Maximum time to wait for a condition, in milliseconds. */
const TIMEOUT_MS = 240_000;

/** Waits until a check of the cluster succeeds. */
export function eventually<T>(check: () => Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: TIMEOUT_MS, interval: 250 });
}
