import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toJson, toYaml } from '../../../src/cli/output/safeOutput.ts';

const HOSTILE = { '\u202ekey': ['\u001b[2J', '\u009b31m', 'a\u200bb\u2028c', '\u{e0041}', 'plain: "text"\nnext'] };

test.each([
  ['JSON', toJson, JSON.parse],
  ['YAML', toYaml, (text: string) => parse(text)],
])('%s contains no control characters and parses to the same value', (_, write, read) => {
  const text = write(HOSTILE);
  expect([...text].filter((one) => one !== '\n' && /\p{Cc}|\p{Cf}|\u2028/u.test(one))).toEqual([]);
  expect(read(text)).toEqual(HOSTILE);
});

test('YAML without such characters is not quoted', () => {
  expect(toYaml({ a: 'b c', d: ['e'] })).toBe('a: b c\nd:\n  - e\n');
});
