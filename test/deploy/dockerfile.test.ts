import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';
import { copied, dockerfile, ROOT, sent } from './dockerfile.ts';

test('the Dockerfile passes a linter', () => {
  expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  expect(validate('FROM node\nCOPPY a b\n').map(({ message }) => message)).toEqual(['Unknown instruction: COPPY']);
});

test('the builder receives exactly the files that the Dockerfile copies, and they exist', () => {
  expect(copied.length).toBeGreaterThan(5);
  expect([...copied].sort()).toEqual([...sent].sort());
  expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const [first] = readFileSync(join(ROOT, 'deploy/image/Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  expect(first).toBe('*');
});

test('the image runs the operator as a numeric non-root user and without a shell', () => {
  expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  expect(dockerfile).toMatch(/^ENTRYPOINT \["\/nodejs\/bin\/node", "\/app\/dist\/cli\/main.js"\]$/m);
  expect(dockerfile).toMatch(/^CMD \["operator"\]$/m);
  expect(dockerfile).toMatch(/^ENV NODE_ENV=production$/m);
});

test('no code of a dependency runs during the installation', () => {
  const installations = [...dockerfile.matchAll(/\bnpm ci\b.*$/gm)].map(([command]) => command);
  expect(installations).toEqual(['npm ci --ignore-scripts']);
});

test('both base images can be pinned by digest and have the Node.js version of this process', () => {
  const [major] = process.versions.node.split('.');
  expect(dockerfile).toContain(`ARG BUILD_IMAGE=node:${major}-`);
  expect(dockerfile).toContain(`nodejs${major}-`);
  const from = [...dockerfile.matchAll(/^FROM (?:--platform=\S+ )?\$\{(\S+)\}/gm)].map(([, image]) => image);
  expect(from).toEqual(['BUILD_IMAGE', 'RUNTIME_IMAGE']);
  expect(dockerfile.match(/^FROM /gm)).toHaveLength(2);
});
