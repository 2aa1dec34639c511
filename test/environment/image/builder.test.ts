import { expect, test } from 'vitest';
import { chooseBuilder, PACKAGES } from './builder.ts';

test.each([
  ['root with all packages', { isRoot: true, missing: [], hasDocker: false }, 'buildah'],
  ['root with all packages and Docker', { isRoot: true, missing: [], hasDocker: true }, 'buildah'],
  ['root without packages', { isRoot: true, missing: [...PACKAGES], hasDocker: true }, 'docker'],
  ['another user', { isRoot: false, missing: [], hasDocker: true }, 'docker'],
])('builder of a machine: %s', (_, machine, builder) => {
  expect(chooseBuilder(machine)).toBe(builder);
});

test('a machine that cannot build the image gets a list of what is missing, and the commands to install it', () => {
  const ofRoot = () => chooseBuilder({ isRoot: true, missing: ['runc', 'mmdebstrap'], hasDocker: false });
  expect(ofRoot).toThrow('no Docker daemon responds, and Buildah cannot be used. runc, mmdebstrap: not on the PATH.');
  expect(ofRoot).toThrow('apt-get install buildah runc mmdebstrap');
  expect(() => chooseBuilder({ isRoot: false, missing: [], hasDocker: false })).toThrow('This process is not root.');
});
