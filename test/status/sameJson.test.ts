import { expect, test } from 'vitest';
import { isSameJson } from '../../src/status/sameJson.ts';

test.each([
  ['the same text', 'a', 'a'],
  ['members in another order', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }],
  ['a member that is undefined', { a: 1, b: undefined }, { a: 1 }],
  ['a member that only the other has, undefined', { a: 1 }, { a: 1, b: undefined }],
  ['nothing', null, null],
])('%s makes no difference', (_, a, b) => {
  expect(isSameJson(a, b)).toBe(true);
});

test.each([
  ['another value', { a: 1 }, { a: 2 }],
  ['a further member', { a: 1 }, { a: 1, b: null }],
  ['a member less', { a: 1, b: 2 }, { a: 1 }],
  ['a number and its text', { a: 1 }, { a: '1' }],
  ['items in another order', [1, 2], [2, 1]],
  ['a further item', [1], [1, 2]],
  ['a list and an object', [], {}],
  ['an object and nothing', {}, null],
  ['one inside', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
])('%s is another JSON', (_, a, b) => {
  expect(isSameJson(a, b)).toBe(false);
  expect(isSameJson(b, a)).toBe(false);
});
