import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { AwsScopes, mayOverlap, scopeOf } from '../../src/operator/awsScopes.ts';
import { VirtualClock } from '../fakes/clock.ts';

const rate = (callsPerSecond: number, burst: number) => ({ callsPerSecond, burst });

test('fleets of one account and region share state and the lowest of their rates', () => {
  const scopes = new AwsScopes(new VirtualClock());
  const first = scopes.join('111111111111', 'eu-central-1', 'a', rate(4, 2));
  expect(scopes.join('111111111111', 'eu-central-1', 'b', rate(2, 5))).toBe(first);
  expect(first.rateLimiter.callsPerSecond).toBe(2);
  scopes.leave('b');
  expect(first.rateLimiter.callsPerSecond).toBe(4);
  scopes.join('111111111111', 'eu-central-1', 'a', rate(8, 8));
  expect(first.rateLimiter.callsPerSecond).toBe(8);
});

test('the number of WorkSpaces that change concurrently follows the rate', async () => {
  const scopes = new AwsScopes(new VirtualClock());
  const { workspaces } = scopes.join('111111111111', 'eu-central-1', 'a', rate(0.1, 5));
  const ends: (() => void)[] = [];
  const start = (key: string) => workspaces.run(key, () => new Promise<void>((resolve) => ends.push(resolve)));
  const running = ['ws-1', 'ws-2', 'ws-3', 'ws-4', 'ws-5', 'ws-6'].map(start);
  await setImmediate();
  expect(ends).toHaveLength(1);
  scopes.join('111111111111', 'eu-central-1', 'a', rate(2, 5));
  await setImmediate();
  expect(ends).toHaveLength(4);
  scopes.join('111111111111', 'eu-central-1', 'a', rate(0.1, 5));
  for (let ended = 0; ended < 4; ended++) {
    ends[ended]?.();
    await setImmediate();
    expect(ends).toHaveLength(ended < 3 ? 4 : 5);
  }
  scopes.join('111111111111', 'eu-central-1', 'b', rate(4, 5));
  scopes.leave('a');
  await setImmediate();
  expect(ends).toHaveLength(6);
  ends.forEach((end) => void end());
  await Promise.all(running);
});

test('fleets of different accounts or regions share nothing', () => {
  const scopes = new AwsScopes(new VirtualClock());
  const all = [
    scopes.join('111111111111', 'eu-central-1', 'a', rate(2, 5)),
    scopes.join('111111111111', 'eu-west-1', 'b', rate(2, 5)),
    scopes.join('222222222222', 'eu-west-1', 'c', rate(2, 5)),
  ];
  expect(new Set(all.flatMap(({ rateLimiter, workspaces }) => [rateLimiter, workspaces])).size).toBe(6);
});

const UNKNOWN_SCOPE = { region: undefined, roleARN: undefined, externalID: undefined, expectedAccountID: undefined };
const ROLE = 'arn:aws:iam::222222222222:role/wsap';

describe('two fleets can have the same WorkSpaces', () => {
  test.each([
    [
      'with the ambient settings and any others',
      UNKNOWN_SCOPE,
      { ...UNKNOWN_SCOPE, region: 'eu-west-1', roleARN: ROLE },
      true,
    ],
    [
      'but not in different regions',
      { ...UNKNOWN_SCOPE, region: 'eu-west-1' },
      { ...UNKNOWN_SCOPE, region: 'eu-central-1' },
      false,
    ],
    [
      'but not with a role in another account',
      { ...UNKNOWN_SCOPE, region: 'eu-west-1', roleARN: ROLE },
      { ...UNKNOWN_SCOPE, region: 'eu-west-1', expectedAccountID: '111111111111' },
      false,
    ],
    [
      'with a role in the same account',
      { ...UNKNOWN_SCOPE, region: 'eu-west-1', roleARN: ROLE },
      { ...UNKNOWN_SCOPE, region: 'eu-west-1', expectedAccountID: '222222222222' },
      true,
    ],
  ])('%s', (_, a, b, expected) => {
    expect(mayOverlap(scopeOf(a), scopeOf(b))).toBe(expected);
    expect(mayOverlap(scopeOf(b), scopeOf(a))).toBe(expected);
  });
});
