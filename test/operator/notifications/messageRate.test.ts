import { describe, expect, test } from 'vitest';
import { MessageRate } from '../../../src/operator/notifications/messageRate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Sends whenever a message is allowed, for some hours, and returns the times. */
function floodFor(hours: number, maxPerHour: number): number[] {
  const rate = new MessageRate();
  const times: number[] = [];
  for (let now = 0; now < hours * HOUR; ) {
    const delay = rate.delayFor('desktops', maxPerHour, now);
    if (delay <= 0) {
      rate.record('desktops', { kind: 'Accepted' }, now);
      times.push(now);
      now += 1_000;
    } else {
      now += delay;
    }
  }
  return times;
}

describe('the rate of messages', () => {
  test.each([1, 2, 3, 60, 3_600])('never exceeds the maximum of %i within an hour', (maxPerHour) => {
    const times = floodFor(5, maxPerHour);
    for (const [index, time] of times.entries()) {
      expect(times.slice(index).filter((other) => other < time + HOUR).length).toBeLessThanOrEqual(maxPerHour);
    }
    expect(times.length).toBeGreaterThanOrEqual(Math.floor(maxPerHour / 2) * 5);
  });

  test('allows half of the maximum immediately, and the others evenly, so that a flood does not delay others by an hour', () => {
    const times = floodFor(5, 60);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps.slice(0, 29)).toEqual(Array.from({ length: 29 }, () => 1_000));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * MINUTE);
  });

  test('includes the delay that a receiver demands', () => {
    const rate = new MessageRate();
    rate.pause('desktops', 5_000);
    expect([rate.delayFor('desktops', 60, 1_000), rate.delayFor('desktops', 60, 5_000)]).toEqual([4_000, 0]);
    expect(rate.delayFor('other', 60, 1_000)).toBe(0);
  });
});
