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

describe('calls for 10,000 WorkSpaces with three applications each', () => {
  test('a complete read takes at most 5% more calls than the fleet has pages, and as long as the documented rate requires', async () => {
    const { cost } = await new BenchFleet(TEN_THOUSAND).pass([everything]);
    expect(cost.calls / lowerBound(TEN_THOUSAND)).toBeLessThanOrEqual(1.05);
    expect(cost.throttled).toBe(0);
    expect(cost.seconds / (cost.calls / 2)).toBeLessThanOrEqual(1.05);
  });

  test('a read for an application that 100 WorkSpaces have takes at most 15 calls', async () => {
    const fleet = new BenchFleet(TEN_THOUSAND);
    await fleet.pass([denyingRare]);
    await fleet.wait(MINUTE);
    expect((await fleet.pass([denyingRare])).cost.calls).toBeLessThanOrEqual(15);
  });

  test('100 policies take as many calls as one policy', async () => {
    const small = shapeOf(1_000);
    const one = await new BenchFleet(small).pass([everything]);
    const many = Array.from({ length: 100 }, (_, n) => ({ ...everything, key: `desktops/p${n}` }));
    expect((await new BenchFleet(small).pass(many)).cost.calls).toBe(one.cost.calls);
  });
});

describe('expected calls', () => {
  test.each([
    ['all WorkSpaces', { ...everything, interval: 10 * MINUTE }],
    ['WorkSpaces with a rare application', denyingRare],
  ])('a second pass takes the expected number of calls for %s', async (_, policy) => {
    const fleet = new BenchFleet(shapeOf(1_000));
    await fleet.pass([policy]);
    await fleet.wait(policy.interval);
    const { cost } = await fleet.pass([policy]);
    expect(fleet.lastInventory?.queries?.calls).toBe(cost.calls);
    expect(fleet.lastInventory?.calls.reduce((sum, { count }) => sum + count, 0)).toBe(cost.calls);
  });
});
