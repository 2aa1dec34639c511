import { describe, expect, test } from 'vitest';
import { windowState } from '../../src/plan/window.ts';
import { parseWindow } from '../../src/policy/maintenanceWindow.ts';

const state = (now: string, ...windows: Parameters<typeof parseWindow>[]) => {
  const { isOpen, nextOpening } = windowState(
    windows.map((window) => parseWindow(...window)),
    new Date(now),
  );
  return [isOpen ? 'open' : 'closed', nextOpening?.toISOString().slice(0, 16)];
};

const weeknights: Parameters<typeof parseWindow> = ['0 22 * * 1-5', 'Europe/Berlin', '4h'];

describe('a window on weekdays from 22:00 for four hours in Berlin', () => {
  test.each([
    ['in the afternoon', '2026-11-23T15:00:00Z', 'closed', '2026-11-23T21:00'],
    ['a minute before', '2026-11-23T20:59:59Z', 'closed', '2026-11-23T21:00'],
    ['as it opens', '2026-11-23T21:00:00Z', 'open', '2026-11-24T21:00'],
    ['past midnight', '2026-11-24T00:59:59Z', 'open', '2026-11-24T21:00'],
    ['as it closes', '2026-11-24T01:00:00Z', 'closed', '2026-11-24T21:00'],
    ['on Saturday before one, since it opened on Friday', '2026-11-28T00:30:00Z', 'open', '2026-11-30T21:00'],
    ['on Saturday night', '2026-11-28T21:30:00Z', 'closed', '2026-11-30T21:00'],
    ['in summer, when Berlin is two hours ahead', '2026-07-06T20:00:00Z', 'open', '2026-07-07T20:00'],
  ])('%s', (_, now, ...expected) => {
    expect(state(now, weeknights)).toEqual(expected);
  });
});

describe('daylight saving time in Berlin', () => {
  const nightly: Parameters<typeof parseWindow> = ['30 2 * * *', 'Europe/Berlin', '30m'];
  test.each([
    ['a time that is skipped opens nothing on that day', '2026-03-29T00:45:00Z', 'closed', '2026-03-30T00:30'],
    ['a time that is repeated opens the first time', '2026-10-25T00:40:00Z', 'open', '2026-10-25T01:30'],
    ['and between the two it is closed', '2026-10-25T01:10:00Z', 'closed', '2026-10-25T01:30'],
    ['and opens the second time', '2026-10-25T01:40:00Z', 'open', '2026-10-26T01:30'],
  ])('%s', (_, now, ...expected) => {
    expect(state(now, nightly)).toEqual(expected);
  });

  test('does not extend a window of four hours', () => {
    expect(state('2026-10-25T01:59:00Z', ['0 0 * * *', 'Europe/Berlin', '4h'])[0]).toBe('open');
    expect(state('2026-10-25T02:00:00Z', ['0 0 * * *', 'Europe/Berlin', '4h'])[0]).toBe('closed');
  });
});

describe('windows that follow each other without a gap', () => {
  const weekend: Parameters<typeof parseWindow>[] = [
    ['0 22 * * 5', 'Europe/Berlin', '24h'],
    ['0 22 * * 6', 'Europe/Berlin', '24h'],
    ['0 22 * * 0', 'Europe/Berlin', '8h'],
  ];

  test.each([
    ['on Friday before it', '2026-11-27T20:59:59Z', 'closed'],
    ['as the first one opens', '2026-11-27T21:00:00Z', 'open'],
    ['as the second one takes over', '2026-11-28T21:00:00Z', 'open'],
    ['a second before the third one takes over', '2026-11-29T20:59:59Z', 'open'],
    ['on Monday morning', '2026-11-30T04:59:59Z', 'open'],
    ['as the last one closes', '2026-11-30T05:00:00Z', 'closed'],
  ])('are one window: %s', (_, now, expected) => {
    expect(state(now, ...weekend)[0]).toBe(expected);
  });
});

describe('several windows', () => {
  test('are open while one of them is open', () => {
    const one: Parameters<typeof parseWindow> = ['0 20 * * *', 'UTC', '2h'];
    const two: Parameters<typeof parseWindow> = ['0 21 * * *', 'UTC', '2h'];
    expect(
      ['19:59', '20:30', '21:30', '22:30', '23:00'].map((time) => state(`2026-11-23T${time}:00Z`, one, two)[0]),
    ).toEqual(['closed', 'open', 'open', 'open', 'closed']);
    expect(state('2026-11-23T20:30:00Z', one, two)[1]).toBe('2026-11-23T21:00');
  });

  test('allow changes at any time if there are none', () => {
    expect(state('2026-11-23T20:30:00Z')).toEqual(['open', undefined]);
  });
});

test.each<[string, Parameters<typeof parseWindow>, string, string]>([
  ['@weekly', ['@weekly', 'UTC', '1h'], '2026-11-23T00:00:00Z', '2026-11-29T00:00'],
  ['@monthly', ['@monthly', 'UTC', '1h'], '2026-11-23T00:00:00Z', '2026-12-01T00:00'],
  ['the last day of the month', ['0 22 L * *', 'UTC', '1h'], '2026-11-23T00:00:00Z', '2026-11-30T22:00'],
  ['the second Tuesday', ['0 22 * * 2#2', 'UTC', '1h'], '2026-11-23T00:00:00Z', '2026-12-08T22:00'],
  ['the 29th of February', ['0 22 29 2 *', 'UTC', '1h'], '2026-11-23T00:00:00Z', '2028-02-29T22:00'],
  ['a zone that is 45 minutes off', ['0 22 * * *', 'Asia/Kathmandu', '1h'], '2026-11-23T00:00:00Z', '2026-11-23T16:15'],
])('the next opening of %s', (_, window, now, expected) => {
  expect(state(now, window)[1]).toBe(expected);
});

test('the cache is correct if the time goes back', () => {
  expect(state('2026-11-25T21:30:00Z', weeknights)).toEqual(['open', '2026-11-26T21:00']);
  expect(state('2026-11-23T15:00:00Z', weeknights)).toEqual(['closed', '2026-11-23T21:00']);
  expect(state('2026-11-25T21:30:00Z', weeknights)).toEqual(['open', '2026-11-26T21:00']);
});

describe('dialects of cron, and time zones with unusual rules', () => {
  test.each([
    ['0 22 * * FRI-MON', 'UTC', '2026-11-26T12:00:00Z', 'closed', '2026-11-27T22:00'],
    ['0 22 * * 5-1', 'UTC', '2026-11-29T22:30:00Z', 'open', '2026-11-30T22:00'],
    ['0 22 * * 6-7', 'UTC', '2026-11-27T12:00:00Z', 'closed', '2026-11-28T22:00'],
    ['0 22 * * 7', 'UTC', '2026-11-27T12:00:00Z', 'closed', '2026-11-29T22:00'],
    ['0 22 ? * *', 'UTC', '2026-11-27T12:00:00Z', 'closed', '2026-11-27T22:00'],
    ['0 22 L * *', 'UTC', '2026-11-29T12:00:00Z', 'closed', '2026-11-30T22:00'],
    ['0 22 * * 5L', 'UTC', '2026-11-01T12:00:00Z', 'closed', '2026-11-27T22:00'],
    ['0 22 * * 2#2', 'UTC', '2026-11-01T12:00:00Z', 'closed', '2026-11-10T22:00'],
    ['0 22-2 * * *', 'UTC', '2026-11-27T03:59:00Z', 'open', '2026-11-27T22:00'],
    ['0 22 29 2 *', 'UTC', '2026-11-27T12:00:00Z', 'closed', '2028-02-29T22:00'],
    // Morocco is an hour behind during Ramadan. Iran, Mexico, and Samoa have abolished daylight saving time.
    ['0 22 * * *', 'Africa/Casablanca', '2026-03-01T12:00:00Z', 'closed', '2026-03-01T22:00'],
    ['0 22 * * *', 'Africa/Casablanca', '2026-06-01T12:00:00Z', 'closed', '2026-06-01T21:00'],
    ['0 22 * * *', 'Asia/Tehran', '2026-07-01T12:00:00Z', 'closed', '2026-07-01T18:30'],
    ['0 22 * * *', 'America/Mexico_City', '2026-07-01T12:00:00Z', 'closed', '2026-07-02T04:00'],
    ['0 22 * * *', 'Asia/Kathmandu', '2026-07-01T12:00:00Z', 'closed', '2026-07-01T16:15'],
    ['0 22 * * *', 'Pacific/Apia', '2026-07-01T12:00:00Z', 'closed', '2026-07-02T09:00'],
  ])('%s in %s at %s is %s until %s', (cron, timeZone, now, ...expected) => {
    expect(state(now, [cron, timeZone, '2h'])).toEqual(expected);
  });
});
