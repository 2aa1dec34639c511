import { describe, expect, test } from 'vitest';
import { AwsScopes, mayOverlap, scopeOf } from '../../src/operator/awsScopes.ts';
import { VirtualClock } from '../fakes/clock.ts';

const rate = (callsPerSecond: number, burst: number) => ({ callsPerSecond, burst });

test('fleets of one account and region share what is there, and the lowest of their rates', () => {
  const scopes = new AwsScopes(new VirtualClock());
  const first = scopes.join('111111111111', 'eu-central-1', 'a', rate(4, 2));
  expect(scopes.join('111111111111', 'eu-central-1', 'b', rate(2, 5))).toBe(first);
  expect(first.rateLimiter.callsPerSecond).toBe(2);
  scopes.leave('b');
  expect(first.rateLimiter.callsPerSecond).toBe(4);
  scopes.join('111111111111', 'eu-central-1', 'a', rate(8, 8));
  expect(first.rateLimiter.callsPerSecond).toBe(8);
});

test('those of other accounts or regions share nothing', () => {
  const scopes = new AwsScopes(new VirtualClock());
  const all = [
    scopes.join('111111111111', 'eu-central-1', 'a', rate(2, 5)),
    scopes.join('111111111111', 'eu-west-1', 'b', rate(2, 5)),
    scopes.join('222222222222', 'eu-west-1', 'c', rate(2, 5)),
  ];
  expect(new Set(all.flatMap(({ rateLimiter, workspaces }) => [rateLimiter, workspaces])).size).toBe(6);
});

const NOWHERE = { region: undefined, roleARN: undefined, externalID: undefined, expectedAccountID: undefined };
const ROLE = 'arn:aws:iam::222222222222:role/wsap';

describe('whether two fleets may have the same WorkSpaces', () => {
  test.each([
    ['the operator’s own settings and any', NOWHERE, { ...NOWHERE, region: 'eu-west-1', roleARN: ROLE }, true],
    ['other regions', { ...NOWHERE, region: 'eu-west-1' }, { ...NOWHERE, region: 'eu-central-1' }, false],
    [
      'a role’s account and another’s',
      { ...NOWHERE, region: 'eu-west-1', roleARN: ROLE },
      { ...NOWHERE, region: 'eu-west-1', expectedAccountID: '111111111111' },
      false,
    ],
    [
      'a role’s account and the same',
      { ...NOWHERE, region: 'eu-west-1', roleARN: ROLE },
      { ...NOWHERE, region: 'eu-west-1', expectedAccountID: '222222222222' },
      true,
    ],
  ])('%s', (_, a, b, expected) => {
    expect(mayOverlap(scopeOf(a), scopeOf(b))).toBe(expected);
    expect(mayOverlap(scopeOf(b), scopeOf(a))).toBe(expected);
  });
});
