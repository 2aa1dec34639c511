import { describe, expect, test } from 'vitest';
import { HourlyDisassociations, type MinuteCount } from '../../src/execute/hourlyDisassociations.ts';

const at = (time: string) => new Date(`2026-11-02T${time}Z`);

function limited(limit: number | undefined, recorded: readonly MinuteCount[] = []) {
  const saved: (readonly MinuteCount[])[] = [];
  const hourly = new HourlyDisassociations(limit, recorded, async (counts) => void saved.push(counts));
  return { hourly, saved };
}

/** Takes as many as there are, up to ten. */
function takeAll(allowance: { take(): boolean }): number {
  return Array.from({ length: 10 }, () => allowance.take()).filter(Boolean).length;
}

test('no more are allowed within an hour, to the minute, than the limit', async () => {
  const { hourly } = limited(3);
  expect(takeAll(await hourly.reserve(2, at('10:00:30')))).toBe(2);
  expect(takeAll(await hourly.reserve(9, at('10:20:00')))).toBe(1);
  expect(hourly.left(at('11:00:59'))).toBe(0);
  expect(hourly.moreFrom(at('11:00:59'))).toEqual(at('11:01:00'));
  expect(hourly.left(at('11:01:00'))).toBe(2);
  expect(hourly.left(at('11:21:00'))).toBe(3);
  expect(hourly.moreFrom(at('11:21:00'))).toBeUndefined();
});

test('they are saved before they are allowed, and counted again by the next process', async () => {
  const { hourly, saved } = limited(3);
  await hourly.reserve(2, at('10:00:30'));
  expect(saved).toEqual([[{ time: at('10:00:00'), count: 2 }]]);
  const next = limited(3, saved[0]);
  expect(next.hourly.left(at('10:30:00'))).toBe(1);
});

test('what can’t be saved isn’t allowed, and isn’t counted', async () => {
  const hourly = new HourlyDisassociations(3, [], () => Promise.reject(new Error('the API server is gone')));
  await expect(hourly.reserve(2, at('10:00:00'))).rejects.toThrow('the API server is gone');
  expect(hourly.left(at('10:00:00'))).toBe(3);
});

describe('what a run reserved', () => {
  test('and didn’t take is left to others', async () => {
    const { hourly } = limited(3);
    const allowance = await hourly.reserve(3, at('10:00:00'));
    expect(hourly.left(at('10:00:00'))).toBe(0);
    allowance.take();
    allowance.end();
    expect(hourly.left(at('10:00:00'))).toBe(2);
    expect(allowance.take()).toBe(false);
  });

  test('and took without making it can be taken again', async () => {
    const { hourly } = limited(1);
    const allowance = await hourly.reserve(1, at('10:00:00'));
    expect(allowance.take()).toBe(true);
    allowance.giveBack();
    expect(takeAll(allowance)).toBe(1);
    allowance.end();
    expect(hourly.left(at('10:00:00'))).toBe(0);
  });

  test('is no other’s meanwhile', async () => {
    const { hourly } = limited(3);
    const [first, second] = await Promise.all([hourly.reserve(2, at('10:00:00')), hourly.reserve(2, at('10:00:00'))]);
    expect([takeAll(first), takeAll(second)]).toEqual([2, 1]);
  });
});

test('without a limit nothing is saved, and what was made counts once there is one', async () => {
  const { hourly, saved } = limited(undefined);
  expect(takeAll(await hourly.reserve(5, at('10:00:00')))).toBe(10);
  expect(hourly.left(at('10:00:00'))).toBe(Number.POSITIVE_INFINITY);
  expect(saved).toEqual([]);
  hourly.limit = 12;
  expect(hourly.left(at('10:00:30'))).toBe(2);
  expect(hourly.left(at('11:01:00'))).toBe(12);
});

test('a limit that is lowered below what was made allows no more, and a raised one does', async () => {
  const { hourly } = limited(5);
  await hourly.reserve(4, at('10:00:00'));
  hourly.limit = 2;
  expect(hourly.left(at('10:00:00'))).toBe(0);
  hourly.limit = 6;
  expect(hourly.left(at('10:00:00'))).toBe(2);
});
