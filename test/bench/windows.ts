import process from 'node:process';
import { windowState } from '../../src/plan/window.ts';
import { parseWindow } from '../../src/policy/maintenanceWindow.ts';
import { measureStretches } from './stretches.ts';

/** Time zones of a policy with one window for each. */
const TIME_ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Africa/Cairo',
  'Africa/Casablanca',
];
/** Just after the last leap day, so that the next opening is almost four years away. */
const NOW = new Date('2024-03-01T12:00:00Z');
const LEAP_DAYS = '* * 29 2 *';

/** Measures one policy with 14 windows on leap days: conversions between UTC and local time, and CPU time. */
export async function measureLeapDays() {
  const windows = TIME_ZONES.map((timeZone) => parseWindow(LEAP_DAYS, timeZone, '1h'));
  const prototype = Intl.DateTimeFormat.prototype;
  const { formatToParts } = prototype;
  let conversions = 0;
  prototype.formatToParts = function (...args) {
    conversions++;
    return formatToParts.apply(this, args);
  };
  const { longestStretch } = await measureStretches(async () => windowState(windows, NOW));
  prototype.formatToParts = formatToParts;
  return { conversions, longestStretch };
}

/** Measures the heap that windows keep after their policies are gone, in KiB for each window. Requires --expose-gc. */
export async function measureRetainedWindows(count = 2_000) {
  const evaluate = (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const cron = `${n % 60} ${Math.floor(n / 60) % 24} ${1 + (Math.floor(n / 1_440) % 28)} * *`;
      windowState([parseWindow(cron, 'Europe/Berlin', '1h')], NOW);
    }
  };
  // Compiled code and the formatter of the time zone are not part of a window.
  evaluate(0, count);
  const before = heapUsed();
  evaluate(count, 2 * count);
  return { kibibytes: Math.max(0, heapUsed() - before) / 1024 / count };
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
