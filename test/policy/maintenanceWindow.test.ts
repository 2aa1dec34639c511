import { expect, test } from 'vitest';
import { parseWindow } from '../../src/policy/maintenanceWindow.ts';

test.each([
  ['0 22 * * 1-5', 'Europe/Berlin', '4h', 14_400_000],
  ['@daily', 'UTC', '1m', 60_000],
  ['*/30 0-6 * * MON-FRI', 'America/New_York', '24h', 86_400_000],
  ['0 22 1 * ?', 'UTC', '90m', 5_400_000],
  ['*/100 22 L-3,15W * *', 'UTC', '90m', 5_400_000],
  ['0-059/20 6-22 ? january-MAR,Dec sunday,fri#2,5L,7', 'UTC', '90m', 5_400_000],
])('%j in %s for %s is valid', (cron, timeZone, duration, milliseconds) => {
  expect(parseWindow(cron, timeZone, duration)).toEqual({ cron, timeZone, duration: milliseconds });
});

test.each([
  ['0 22 * *', 'UTC', '4h', 'cron', 'must have the five fields'],
  ['0 0 22 * * 1', 'UTC', '4h', 'cron', 'must have the five fields'],
  ['', 'UTC', '4h', 'cron', 'must have the five fields'],
  ['CRON_TZ=UTC 0 22 * * *', 'UTC', '4h', 'cron', 'must have the five fields'],
  ['cron(0 22 * * ? *)', 'UTC', '4h', 'cron', 'must have the five fields'],
  ['@every 1h', 'UTC', '4h', 'cron', 'must be a cron expression'],
  ['0 25 * * *', 'UTC', '4h', 'cron', '(25 is a invalid expression for hour)'],
  // node-cron expands each of these ranges into millions of numbers.
  ['0-99999999 * * * *', 'UTC', '4h', 'cron', '(0-99999999 is not a valid minute)'],
  ['* *9999999 * * *', 'UTC', '4h', 'cron', '(*9999999 is not a valid hour)'],
  ['* * 1-31,1-0999999999/9 * *', 'UTC', '4h', 'cron', '(1-0999999999/9 is not a valid day-of-month)'],
  ['* * * 1-janjanjanjanjanjan *', 'UTC', '4h', 'cron', '(1-janjanjanjanjanjan is not a valid month)'],
  ['* * * * 0-satsatsatsatsatsat', 'UTC', '4h', 'cron', '(0-satsatsatsatsatsat is not a valid day-of-week)'],
  ['\u001b[31m * * * *', 'UTC', '4h', 'cron', '(\uFFFD[31m is not a valid minute)'],
  ['@reboot', 'UTC', '4h', 'cron', 'must be a cron expression'],
  ['0 22 31 2 *', 'UTC', '4h', 'cron', 'must be a cron expression'],
  ['0 22 1 * 1', 'UTC', '4h', 'cron', 'must not restrict both day-of-month and day-of-week'],
  ['0 22 * * 1', 'Mars/Phobos', '4h', 'timeZone', 'for example, Europe/Berlin or UTC'],
  ['0 22 * * 1', 'Local', '4h', 'timeZone', 'for example, Europe/Berlin or UTC'],
  ['0 22 * * 1', 'W. Europe Standard Time', '4h', 'timeZone', 'for example, Europe/Berlin or UTC'],
  ['0 22 * * 1', '', '4h', 'timeZone', 'for example, Europe/Berlin or UTC'],
  ['0 22 * * 1', 'UTC', '0m', 'duration', 'from 1m to 24h'],
  ['0 22 * * 1', 'UTC', '25h', 'duration', 'from 1m to 24h'],
  ['0 22 * * 5', 'UTC', '56h', 'duration', 'add windows that follow each other without a gap'],
  ['0 22 * * 1', 'UTC', '4', 'duration', 'from 1m to 24h'],
])('%j in %j for %j is rejected', (cron, timeZone, duration, field, message) => {
  expect(() => parseWindow(cron, timeZone, duration)).toThrow(message);
  expect(() => parseWindow(cron, timeZone, duration)).toThrow(expect.objectContaining({ field }));
});
