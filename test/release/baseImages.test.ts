import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const [BUILD, RUNTIME] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);

let folder: string;
const dockerfile = () => join(folder, 'deploy/image/Dockerfile');

/** The tool reads the Dockerfile of its own project, so each test gets a copy. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wsap-base-images-'));
  for (const path of ['deploy/image', 'deploy/release']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, 'bin'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the tool with a docker that knows two images, and fails for others. */
function baseImages(answers: Record<string, string>) {
  const cases = Object.entries(answers).map(([image, digest]) => `'${image}') echo '${digest}';;`);
  const script = `#!/bin/sh
    [ "$1 $2 $3 $4 $5" = 'buildx imagetools inspect --format {{.Manifest.Digest}}' ] || exit 2
    case $6 in ${cases.join(' ')} *) echo "no such image: $6" >&2; exit 1;; esac\n`;
  writeFileSync(join(folder, 'bin/docker'), script, { mode: 0o755 });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` };
  return spawnSync(process.execPath, [join(folder, 'deploy/release/baseImages.ts')], { encoding: 'utf8', env });
}

function argumentsOfDockerfile(): [string, string] {
  const images = [...readFileSync(dockerfile(), 'utf8').matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image);
  expect(images).toHaveLength(2);
  return images as [string, string];
}

test('each base image of the Dockerfile gets the digest of its tag', () => {
  const [build, runtime] = argumentsOfDockerfile();
  const { stdout, status } = baseImages({ [build]: `${BUILD}`, [runtime]: `${RUNTIME}` });
  expect({ stdout, status }).toEqual({
    stdout: `BUILD_IMAGE=${build}@${BUILD}\nRUNTIME_IMAGE=${runtime}@${RUNTIME}\n`,
    status: 0,
  });
});

test('an image that the Dockerfile pins stays as it is', () => {
  const original = readFileSync(dockerfile(), 'utf8');
  const [build, runtime] = argumentsOfDockerfile();
  writeFileSync(dockerfile(), original.replace(`=${build}\n`, `=${build}@${BUILD}\n`));
  const { stdout } = baseImages({ [runtime]: `${RUNTIME}` });
  writeFileSync(dockerfile(), original);
  expect(stdout).toBe(`BUILD_IMAGE=${build}@${BUILD}\nRUNTIME_IMAGE=${runtime}@${RUNTIME}\n`);
});

test.each([
  ['an unknown image', () => ({})],
  ['an answer that is no digest', (build: string) => ({ [build]: '24' })],
])('%s is an error, so that no release has an unpinned image', (_, answers) => {
  const [build] = argumentsOfDockerfile();
  const { stdout, stderr, status } = baseImages(answers(build));
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  expect(stderr).toContain(`docker can't resolve ${build} to a digest`);
});
