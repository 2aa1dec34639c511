import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nodeVersionError } from '../../src/cli/nodeVersion.ts';

test.each([
  ['20.20.2', 'Node.js 20.20.2 is not supported; install Node.js 22.19 or later'],
  ['22.18.9', 'Node.js 22.18.9 is not supported; install Node.js 22.19 or later'],
  ['22.19.0', undefined],
  ['24.0.0', undefined],
])('Node.js %s gives the error %s', (version, error) => {
  expect(nodeVersionError(version)).toBe(error);
});

test('the minimum version is the one in package.json', async () => {
  const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(nodeVersionError(engines.node.replace('>=', ''))).toBeUndefined();
  expect(nodeVersionError('22.18.0')).toContain(engines.node.replace('>=', ''));
});
