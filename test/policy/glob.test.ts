import { expect, test } from 'vitest';
import { matchesGlob } from '../../src/policy/glob.ts';

test.each([
  ['Microsoft Visio*', 'Microsoft Visio LTSC Professional 2021', true],
  ['Microsoft Visio*', 'Microsoft Visio', true],
  ['Microsoft Visio', 'Microsoft Visio LTSC', false],
  ['microsoft visio*', 'Microsoft Visio LTSC', false],
  ['*2021', 'Microsoft Visio LTSC Professional 2021', true],
  ['*Visio*2021', 'Microsoft Visio LTSC Professional 2021', true],
  ['*Visio*2019', 'Microsoft Visio LTSC Professional 2021', false],
  ['Office ????', 'Office 2021', true],
  ['Office ????', 'Office 365', false],
  ['*', '', true],
  ['?', '', false],
  ['', '', true],
  ['', 'x', false],
  ['a.c', 'abc', false],
  ['[a]', 'a', false],
  ['?', '😀', true],
])('%j matches %j: %j', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

test('a malicious pattern is fast', () => {
  expect(matchesGlob(`${'*a'.repeat(120)}b`, 'a'.repeat(256))).toBe(false);
});
