import { expect, test } from 'vitest';
import { isSameJson } from '../../src/status/sameJson.ts';

test.each([
  ['the same text', 'a', 'a'],
  ['members in another order', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }],
  ['an undefined member', { a: 1, b: undefined }, { a: 1 }],
  ['an undefined member in the other', { a: 1 }, { a: 1, b: undefined }],
  ['null', null, null],
])('equal: %s', (_, a, b) => {
  expect(isSameJson(a, b)).toBe(true);
});

test.each([
  ['another value', { a: 1 }, { a: 2 }],
  ['an additional member', { a: 1 }, { a: 1, b: null }],
  ['a missing member', { a: 1, b: 2 }, { a: 1 }],
  ['a number and its text', { a: 1 }, { a: '1' }],
  ['items in another order', [1, 2], [2, 1]],
  ['an additional item', [1], [1, 2]],
  ['a list and an object', [], {}],
  ['an object and null', {}, null],
  ['a nested value', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
])('different: %s', (_, a, b) => {
  expect(isSameJson(a, b)).toBe(false);
  expect(isSameJson(b, a)).toBe(false);
});
