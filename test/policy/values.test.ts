import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../src/policy/duration.ts';
import { formatIntOrPercent, parseIntOrPercent, resolveIntOrPercent } from '../../src/policy/intOrPercent.ts';

test.each([
  ['5s', 5_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['24h', 86_400_000],
  ['', undefined],
  ['10', undefined],
  ['1.5h', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['1d', undefined],
])('the duration %j is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

describe('a count or percentage', () => {
  test.each([
    [25, 10, 25],
    [1, 0, 1],
    ['20%', 200, 40],
    ['20%', 39, 7],
    ['20%', 3, 1],
    ['20%', 4, 1],
    ['1%', 50, 1],
    ['10%', 0, 1],
    ['100%', 7, 7],
  ])('%j of %j is %j', (value, total, expected) => {
    const share = parseIntOrPercent(value);
    expect(share && resolveIntOrPercent(share, total)).toBe(expected);
    expect(share && formatIntOrPercent(share)).toBe(String(value));
  });

  test.each([0, -1, 1.5, '0%', '101%', '20', '20 %', '%', '1e1%', ''])('%j is invalid', (value) => {
    expect(parseIntOrPercent(value)).toBeUndefined();
  });
});
