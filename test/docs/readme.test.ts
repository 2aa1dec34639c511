import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { parsePolicy } from '../../src/policy/parse.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const lines = readme.trimEnd().split('\n');

test('the README fits on 150 lines of 100 columns, tables aside', () => {
  expect(lines.length).toBeLessThanOrEqual(150);
  expect(lines.filter((line) => line.length > 100 && !line.startsWith('|'))).toEqual([]);
});

test('the README contains the two commands that a newcomer runs', () => {
  expect(lines).toContain('npm ci && npm run quickstart');
  expect(lines).toContain('npm ci && npm test');
  expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(['quickstart', 'test']));
});

test('the policy in the README is valid', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(parsePolicy(parse(text))).toMatchObject({ namespace: 'desktops', name: 'no-visio', enforcement: 'Enforce' });
});
