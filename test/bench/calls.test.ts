import { describe, expect, test } from 'vitest';
import { policy } from '../builders.ts';
import { BenchFleet, lowerBound, shapeOf } from './pass.ts';
import { applicationID, RARE } from './syntheticAws.ts';

const MINUTE = 60_000;
const TEN_THOUSAND = shapeOf(10_000);
const everything = policy('everything', {
  interval: '24h',
  applications: { allowed: [{ id: applicationID(0) }], unlisted: 'Disassociate' },
});
const denyingRare = policy('no-rare', { interval: '1m', applications: { denied: [{ id: RARE }] } });

describe('ten thousand WorkSpaces with three applications each', () => {
  test('take, read as a whole, hardly more calls than their pages, at the pace that AWS documents', async () => {
    const { cost } = await new BenchFleet(TEN_THOUSAND).pass([everything]);
    expect(cost.calls / lowerBound(TEN_THOUSAND)).toBeLessThanOrEqual(1.05);
    expect(cost.throttled).toBe(0);
    expect(cost.seconds / (cost.calls / 2)).toBeLessThanOrEqual(1.05);
  });

  test('take 15 calls at the most for an application that a hundred of them have', async () => {
    const fleet = new BenchFleet(TEN_THOUSAND);
    await fleet.pass([denyingRare]);
    await fleet.wait(MINUTE);
    expect((await fleet.pass([denyingRare])).cost.calls).toBeLessThanOrEqual(15);
  });

  test('take the calls of one policy for a hundred', async () => {
    const small = shapeOf(1_000);
    const one = await new BenchFleet(small).pass([everything]);
    const many = Array.from({ length: 100 }, (_, n) => ({ ...everything, key: `desktops/p${n}` }));
    expect((await new BenchFleet(small).pass(many)).cost.calls).toBe(one.cost.calls);
  });
});

describe('a pass takes as many calls as were expected', () => {
  test.each([
    ['all of them', { ...everything, interval: 10 * MINUTE }],
    ['those with a rare application', denyingRare],
  ])('for %s, of WorkSpaces that have been read before', async (_, policy) => {
    const fleet = new BenchFleet(shapeOf(1_000));
    await fleet.pass([policy]);
    await fleet.wait(policy.interval);
    const { cost } = await fleet.pass([policy]);
    expect(fleet.lastInventory?.queries?.calls).toBe(cost.calls);
    expect(fleet.lastInventory?.calls.reduce((sum, { count }) => sum + count, 0)).toBe(cost.calls);
  });
});
