import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob, matchesGlob } from '../../src/policy/glob.ts';
import { compileGlobs, matchesAnyGlob } from '../../src/policy/globList.ts';

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
  expect(matchesGlob(compileGlob(pattern), text)).toBe(expected);
});

test('a malicious pattern is fast', () => {
  expect(matchesGlob(compileGlob(`${'*a'.repeat(120)}b`), 'a'.repeat(256))).toBe(false);
});

/** Whether a text matches a pattern, by trying everything that a star can stand for. */
function matchesSlowly([first, ...pattern]: readonly string[], text: readonly string[]): boolean {
  if (first === undefined) {
    return text.length === 0;
  }
  return first === '*'
    ? text.concat('').some((_, length) => matchesSlowly(pattern, text.slice(length)))
    : text.length > 0 && (first === '?' || first === text[0]) && matchesSlowly(pattern, text.slice(1));
}

// The last one is half of the one before.
const characters = (...special: string[]) =>
  fc.array(fc.constantFrom('a', 'b', '😀', '\ud83d', ...special), { maxLength: 7 });

test('compiled patterns match as the definition says', () => {
  fc.assert(
    fc.property(fc.array(characters('*', '?'), { maxLength: 6 }), characters(), (patterns, characterList) => {
      const text = characterList.join('');
      const joined = patterns.map((pattern) => pattern.join(''));
      const expected = joined.map((pattern) => matchesSlowly([...pattern], [...text]));
      expect(joined.map((pattern) => matchesGlob(compileGlob(pattern), text))).toEqual(expected);
      expect(matchesAnyGlob(compileGlobs(joined), text)).toBe(expected.includes(true));
    }),
    { numRuns: 2_000, seed: 1 },
  );
});
