import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getTasks } from 'node-cron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { windowState } from '../../src/plan/window.ts';
import { type MaintenanceWindow, parseWindow } from '../../src/policy/maintenanceWindow.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const { DateTimeFormat } = Intl;

let conversions = 0;
let formatters: WeakRef<Intl.DateTimeFormat>[] = [];

/** Formatter that counts its conversions to local time, which dominate the cost of a search. */
class CountedFormat extends DateTimeFormat {
  constructor(locale: string, options: Intl.DateTimeFormatOptions) {
    super(locale, options);
    formatters.push(new WeakRef(this));
  }

  override formatToParts(time?: Date | number): Intl.DateTimeFormatPart[] {
    conversions++;
    return super.formatToParts(time);
  }
}

beforeEach(() => {
  conversions = 0;
  formatters = [];
  Intl.DateTimeFormat = CountedFormat as unknown as typeof DateTimeFormat;
});
afterEach(() => {
  Intl.DateTimeFormat = DateTimeFormat;
});

describe('a search reads the local time at few times', () => {
  // Formatters are cached, so no other test uses these zones.
  test.each([
    ['every minute of a leap day', '* * 29 2 *', 'Australia/Adelaide', '2028-03-01T00:00:00Z', '2032-02-28T13:30'],
    ['every minute', '* * * * *', 'Pacific/Fiji', '2026-11-29T00:00:00Z', '2026-11-29T00:01'],
    [
      'an hour that daylight saving time always skips',
      '* 2 * 3 0#2',
      'America/Denver',
      '2026-11-29T00:00:00Z',
      undefined,
    ],
    ['a day that no month has', '0 0 L-30 2 *', 'Europe/Madrid', '2026-11-29T00:00:00Z', undefined],
  ])('%s', (_, cron, timeZone, now, expected) => {
    const windows = Array.from({ length: 14 }, (_window, hour) => parseWindow(cron, timeZone, `${hour + 1}h`));
    const { nextOpening } = windowState(windows, new Date(now));
    expect(nextOpening?.toISOString().slice(0, 16)).toBe(expected);
    expect(conversions).toBeGreaterThan(0);
    expect(conversions / windows.length).toBeLessThan(250);
  });
});

test('a known opening is not searched again', () => {
  const window = parseWindow('0 22 * * *', 'Asia/Tokyo', '1h');
  windowState([window], new Date('2026-11-29T00:00:00Z'));
  conversions = 0;
  windowState([window], new Date('2026-11-29T12:59:59Z'));
  expect(conversions).toBe(0);
});

test('windows that no policy has leave nothing behind', async () => {
  const evaluate = (index: number): WeakRef<MaintenanceWindow> => {
    const minutes = Math.floor(index / 25);
    const zone = `+${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    const window = parseWindow(`${index % 60} ${index % 24} ${(index % 28) + 1} * *`, zone, `${(index % 1_440) + 1}m`);
    windowState([window], new Date('2026-11-29T00:00:00Z'));
    return new WeakRef(window);
  };
  const windows = Array.from({ length: 3_000 }, (_, index) => evaluate(index));
  expect(getTasks().size).toBe(0);
  await vi.waitFor(
    () => {
      collectGarbage();
      expect(windows.filter((window) => window.deref() !== undefined).length).toBe(0);
      expect(formatters.filter((formatter) => formatter.deref() !== undefined).length).toBeLessThanOrEqual(64);
    },
    { timeout: 30_000 },
  );
});
