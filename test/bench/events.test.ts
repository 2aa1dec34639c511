import { expect, test } from 'vitest';
import { measureDrift, measureRestWithEvents } from './events.ts';

test('10,000 WorkSpaces at rest with events take fewer than 100 calls per hour', async () => {
  expect((await measureRestWithEvents(10_000, true)).callsPerHour).toBeLessThan(100);
}, 120_000);

test('99% of manual installations are disassociated within 20 seconds of their events, at 10 events per minute', async () => {
  expect((await measureDrift(200, true, 200, 6_000)).p99).toBeLessThanOrEqual(20);
}, 120_000);
