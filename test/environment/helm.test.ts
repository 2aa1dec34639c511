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

it('is built once, whoever looks for it at the same time', async () => {
  const [path, ...others] = await Promise.all([locate(), locate(), locate()]);
  expect(new Set(others)).toEqual(new Set([path]));
  expect(built).toBe(1);
  expect(await locate()).toBe(path);
  expect(built).toBe(1);
  expect(await readdir(cacheRoot)).toHaveLength(1);
});

it('is built anew from other modules', async () => {
  const first = await locate();
  const pin = await readHelmPin();
  expect(await locate({ pin: { ...pin, modulesDigest: 'abc' } })).not.toBe(first);
  expect(built).toBe(2);
});

it('is what HELM_PATH names, and nothing else instead', async () => {
  const given = join(cacheRoot, 'given');
  await expect(locate({ env: { HELM_PATH: given } })).rejects.toThrow(`HELM_PATH is ${given}, which can't be found`);
  await program(given);
  expect(await locate({ env: { HELM_PATH: given } })).toBe(given);
  expect(built).toBe(0);
});

it('says how it can be had where it cannot be built, and leaves nothing half-built', async () => {
  const build = async () => {
    throw new Error('there is no go on the PATH');
  };
  await expect(locate({ build })).rejects.toThrow(
    /^helm v4\.\S+ is needed, and can't be built: there is no go on the PATH\nInstall Go 1\.26\.0 or newer .* or set HELM_PATH/,
  );
  expect(await readdir(cacheRoot)).toEqual([]);
});
