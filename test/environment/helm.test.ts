import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HelmOptions, locateHelm } from './helm.ts';
import { readHelmPin } from './pin.ts';
import { ProgressLine } from './progress.ts';

let cacheRoot: string;
let built: number;
beforeEach(async () => {
  cacheRoot = await mkdtemp(join(tmpdir(), 'wsap-helm-'));
  built = 0;
});
afterEach(() => rm(cacheRoot, { recursive: true }));

async function program(path: string): Promise<void> {
  await writeFile(path, '');
  await chmod(path, 0o755);
}

function locate(options: HelmOptions = {}): Promise<string> {
  return locateHelm({
    cacheRoot,
    platform: { os: 'linux', arch: 'amd64' },
    env: {},
    progress: new ProgressLine({ write: () => {} }),
    build: async (directory) => {
      built++;
      await program(join(directory, 'helm'));
    },
    ...options,
  });
}

it('builds Helm once for concurrent callers', async () => {
  const [path, ...others] = await Promise.all([locate(), locate(), locate()]);
  expect(new Set(others)).toEqual(new Set([path]));
  expect(built).toBe(1);
  expect(await locate()).toBe(path);
  expect(built).toBe(1);
  expect(await readdir(cacheRoot)).toHaveLength(1);
});

it('builds Helm again for other modules', async () => {
  const first = await locate();
  const pin = await readHelmPin();
  expect(await locate({ pin: { ...pin, modulesDigest: 'abc' } })).not.toBe(first);
  expect(built).toBe(2);
});

it('returns HELM_PATH, or rejects if it does not exist', async () => {
  const given = join(cacheRoot, 'given');
  await expect(locate({ env: { HELM_PATH: given } })).rejects.toThrow(
    `HELM_PATH is ${given}, which is not an executable file`,
  );
  await program(given);
  expect(await locate({ env: { HELM_PATH: given } })).toBe(given);
  expect(built).toBe(0);
});

it('lists the solutions if the build fails, and leaves no files', async () => {
  const build = async () => {
    throw new Error('go is not on the PATH');
  };
  await expect(locate({ build })).rejects.toThrow(
    /^cannot build helm v4\.\S+: go is not on the PATH\nInstall Go 1\.26\.0 or newer .* or set HELM_PATH/,
  );
  expect(await readdir(cacheRoot)).toEqual([]);
});
