import { expect, test } from 'vitest';
import { printable } from '../src/printable.ts';

test.each([
  ['plain text', 'Jörg Müller, 東京', 'Jörg Müller, 東京'],
  ['an escape sequence', '\u001b[31mred\u001b[0m', '\uFFFD[31mred\uFFFD[0m'],
  ['line breaks and tabs', 'a\r\nb\tc', 'a\uFFFD\uFFFDb\uFFFDc'],
  ['a bidirectional override', 'abc\u202efdp.exe', 'abc\uFFFDfdp.exe'],
  ['a zero-width space', 'a\u200bb', 'a\uFFFDb'],
  ['line and paragraph separators', 'a\u2028b\u2029c', 'a\uFFFDb\uFFFDc'],
  ['C1 controls', 'a\u009b2Jb', 'a\uFFFD2Jb'],
  ['half a surrogate pair', 'a\ud800b', 'a\uFFFDb'],
])('%s', (_, text, expected) => {
  expect(printable(text)).toBe(expected);
});

test('long text is cut, and never in the middle of a character', () => {
  expect(printable('😀'.repeat(10), 4)).toBe('😀😀😀…');
  expect(printable('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
  expect(printable('😀'.repeat(4), 4)).toBe('😀😀😀😀');
});
