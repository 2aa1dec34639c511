import { expect, test, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';

const DAY_MS = 24 * 3_600_000;

test('the clock of the machine waits for longer than a timer of Node.js can', async () => {
  vi.useFakeTimers();
  try {
    let isOver = false;
    const sleeping = systemClock.sleep(60 * DAY_MS).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(59 * DAY_MS);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(DAY_MS);
    await sleeping;
    expect(isOver).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('a long wait ends with the reason of its signal', async () => {
  const reason = new Error('stopped');
  const stopping = new AbortController();
  const sleeping = systemClock.sleep(60 * DAY_MS, stopping.signal);
  stopping.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});
