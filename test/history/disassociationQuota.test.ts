import { describe, expect, test } from 'vitest';
import { DisassociationQuota, type MinuteCount } from '../../src/history/disassociationQuota.ts';

const at = (time: string) => new Date(`2026-11-02T${time}Z`);

function limited(limit: number | undefined, recorded: readonly MinuteCount[] = []) {
  const saved: (readonly MinuteCount[])[] = [];
  const quota = new DisassociationQuota(limit, recorded, async (counts) => void saved.push(counts));
  return { quota, saved };
}

/** Takes up to ten disassociations. Returns their number. */
function takeAll(reservation: { take(): boolean }): number {
  return Array.from({ length: 10 }, () => reservation.take()).filter(Boolean).length;
}

test('the limit applies to each hour, with a resolution of one minute', async () => {
  const { quota } = limited(3);
  expect(takeAll(await quota.reserve(2, at('10:00:30')))).toBe(2);
  expect(takeAll(await quota.reserve(9, at('10:20:00')))).toBe(1);
  expect(quota.left(at('11:00:59'))).toBe(0);
  expect(quota.replenishesAt(at('11:00:59'))).toEqual(at('11:01:00'));
  expect(quota.left(at('11:01:00'))).toBe(2);
  expect(quota.left(at('11:21:00'))).toBe(3);
  expect(quota.replenishesAt(at('11:21:00'))).toBeUndefined();
});

test('a reservation is saved first, and the next process counts it', async () => {
  const { quota, saved } = limited(3);
  await quota.reserve(2, at('10:00:30'));
  expect(saved).toEqual([[{ time: at('10:00:00'), count: 2 }]]);
  const next = limited(3, saved[0]);
  expect(next.quota.left(at('10:30:00'))).toBe(1);
});

test("a reservation that can't be saved is rejected and not counted", async () => {
  const quota = new DisassociationQuota(3, [], () => Promise.reject(new Error('the API server is gone')));
  await expect(quota.reserve(2, at('10:00:00'))).rejects.toThrow('the API server is gone');
  expect(quota.left(at('10:00:00'))).toBe(3);
});

describe('a reservation', () => {
  test("returns what the run didn't take", async () => {
    const { quota } = limited(3);
    const reservation = await quota.reserve(3, at('10:00:00'));
    expect(quota.left(at('10:00:00'))).toBe(0);
    reservation.take();
    reservation.close();
    expect(quota.left(at('10:00:00'))).toBe(2);
    expect(reservation.take()).toBe(false);
  });

  test('can take again what was released', async () => {
    const { quota } = limited(1);
    const reservation = await quota.reserve(1, at('10:00:00'));
    expect(reservation.take()).toBe(true);
    reservation.release();
    expect(takeAll(reservation)).toBe(1);
    reservation.close();
    expect(quota.left(at('10:00:00'))).toBe(0);
  });

  test('is not available to others until it is closed', async () => {
    const { quota } = limited(3);
    const [first, second] = await Promise.all([quota.reserve(2, at('10:00:00')), quota.reserve(2, at('10:00:00'))]);
    expect([takeAll(first), takeAll(second)]).toEqual([2, 1]);
  });
});

test('without a limit, nothing is saved, but disassociations count for a later limit', async () => {
  const { quota, saved } = limited(undefined);
  expect(takeAll(await quota.reserve(5, at('10:00:00')))).toBe(10);
  expect(quota.left(at('10:00:00'))).toBe(Number.POSITIVE_INFINITY);
  expect(saved).toEqual([]);
  quota.limit = 12;
  expect(quota.left(at('10:00:30'))).toBe(2);
  expect(quota.left(at('11:01:00'))).toBe(12);
});

test('a lowered limit allows no more disassociations, and a raised limit does', async () => {
  const { quota } = limited(5);
  await quota.reserve(4, at('10:00:00'));
  quota.limit = 2;
  expect(quota.left(at('10:00:00'))).toBe(0);
  quota.limit = 6;
  expect(quota.left(at('10:00:00'))).toBe(2);
});
