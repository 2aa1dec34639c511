import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProgressLine } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function written(stream: { isTTY: boolean; columns?: number }, ms: number): Promise<string> {
  let text = '';
  const line = new ProgressLine({
    ...stream,
    write: (part) => {
      text += part;
    },
  });
  const work = line.during(
    () => 'building, about 9 minutes',
    () => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  );
  await vi.advanceTimersByTimeAsync(ms);
  await work;
  return text;
}

it('prints a line immediately and then each 30 s to a log', async () => {
  expect(await written({ isTTY: false }, 130_000)).toBe(
    [0, 30, 60, 90, 120]
      .map((s) => `building, about 9 minutes; ${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')} elapsed\n`)
      .join(''),
  );
});

it('updates one line of a terminal, cut to its width, and clears it at the end', async () => {
  const clear = '\r\x1b[2K';

  expect(await written({ isTTY: true, columns: 21 }, 2_000)).toBe(
    `${clear}building, about 9 mi${clear}building, about 9 mi${clear}`,
  );
});

it('prints nothing for short work', async () => {
  expect(await written({ isTTY: false }, 400)).toBe('');
});
