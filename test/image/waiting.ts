import { vi } from 'vitest';

/** Waits until a check succeeds. Ten minutes, because builds can occupy the machine. `interval` is in milliseconds. */
export function waitUntil<T>(check: () => T | Promise<T>, interval = 250): Promise<T> {
  return vi.waitFor(check, { timeout: 600_000, interval });
}
