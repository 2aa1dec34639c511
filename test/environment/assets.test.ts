import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AssetOptions, type AssetSources, locateAssets } from './assets.ts';
import { defaultCacheRoot } from './cache.ts';
import { goPlatform, type Pin } from './pin.ts';
import { ProgressLine } from './progress.ts';

const PIN: Pin = {
  version: 'v1.37.2',
  series: '1.37',
  goVersion: '1.26.0',
  modulesDigest: 'abc',
  moduleDirectory: '/',
};
const BUILT = 'v1.37.2-linux-amd64-go-abc';

let cacheRoot: string;
let said: string;
beforeEach(async () => {
  cacheRoot = await mkdtemp(join(tmpdir(), 'wsap-assets-'));
  said = '';
});
afterEach(() => rm(cacheRoot, { recursive: true }));

async function fill(directory: string, names = ['etcd', 'kube-apiserver', 'kubectl']): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of names) {
    await writeFile(join(directory, name), '');
    await chmod(join(directory, name), 0o755);
  }
}

const OFFLINE = async (): Promise<never> => {
  throw new Error('the network is unreachable');
};
const NO_GO = async (): Promise<never> => {
  throw new Error('there is no go on the PATH');
};
/** Sources that offer the release 1.37.5 and a build; a test replaces what it is about. */
const SOURCES: AssetSources = {
  findRelease: async () => ({ version: 'v1.37.5', url: 'https://example.com', sha512: 'abc' }),
  downloadRelease: (_, directory) => fill(directory),
  buildFromModules: (directory) => fill(directory),
};

function locate(sources: Partial<AssetSources>, options: Partial<AssetOptions> = {}) {
  const progress = new ProgressLine({
    write: (text) => {
      said += text;
    },
  });
  const platform = { os: 'linux', arch: 'amd64' };
  return locateAssets({
    cacheRoot,
    pin: PIN,
    platform,
    env: {},
    progress,
    sources: { ...SOURCES, ...sources },
    ...options,
  });
}

describe('the order in which a control plane is looked for', () => {
  it('takes KUBEBUILDER_ASSETS before everything else', async () => {
    await fill(join(cacheRoot, BUILT));
    const given = join(cacheRoot, 'given');
    await fill(given);

    expect((await locate({}, { env: { KUBEBUILDER_ASSETS: given } })).directory).toBe(given);
  });

  it('names what KUBEBUILDER_ASSETS lacks, and takes nothing else instead', async () => {
    await fill(join(cacheRoot, BUILT));
    const given = join(cacheRoot, 'given');
    await fill(given, ['etcd']);

    await expect(locate({}, { env: { KUBEBUILDER_ASSETS: given } })).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${given}, where kube-apiserver and kubectl can't be found or executed`,
    );
  });

  it('takes the newest complete release of the series and platform in the cache', async () => {
    for (const name of [
      'v1.37.3-linux-amd64',
      'v1.37.10-linux-amd64',
      'v1.36.20-linux-amd64',
      'v1.37.12-linux-arm64',
    ]) {
      await fill(join(cacheRoot, name));
    }
    await fill(join(cacheRoot, 'v1.37.11-linux-amd64'), ['etcd', 'kubectl']);
    await fill(join(cacheRoot, BUILT));

    expect((await locate({ findRelease: OFFLINE, buildFromModules: NO_GO })).version).toBe('v1.37.10');
  });

  it("doesn't take what Go built from other modules", async () => {
    await fill(join(cacheRoot, 'v1.37.2-linux-amd64-go-fff'));

    expect((await locate({ findRelease: OFFLINE })).directory).toBe(join(cacheRoot, BUILT));
  });

  it('downloads once, says which version, and finds it in the cache from then on', async () => {
    const first = await locate({ buildFromModules: NO_GO });
    const second = await locate({ findRelease: OFFLINE, buildFromModules: NO_GO });

    expect(first).toEqual({ directory: join(cacheRoot, 'v1.37.5-linux-amd64'), version: 'v1.37.5' });
    expect(second).toEqual(first);
    expect(said).toBe(`downloaded kube-apiserver, etcd and kubectl v1.37.5 to ${first.directory}\n`);
  });

  it('builds once where nothing can be downloaded, and says why', async () => {
    const first = await locate({ findRelease: OFFLINE });
    const second = await locate({ findRelease: OFFLINE, buildFromModules: NO_GO });

    expect(first).toEqual({ directory: join(cacheRoot, BUILT), version: 'v1.37.2' });
    expect(second).toEqual(first);
    expect(said).toContain('no download of Kubernetes 1.37: the network is unreachable\n');
  });

  it('says every way out where nothing can be downloaded or built', async () => {
    await expect(locate({ findRelease: OFFLINE, buildFromModules: NO_GO })).rejects.toThrow(
      /network is unreachable\n.*no go on the PATH\n.*\n.*reach the addresses.*\n.*install Go 1\.26\.0.*\n.*KUBEBUILDER_ASSETS/,
    );
    expect(await readdir(cacheRoot)).toEqual([]);
  });
});

describe('the cache', () => {
  it('never holds half a download', async () => {
    const found = await locate({
      downloadRelease: async (_, directory) => {
        await fill(directory, ['etcd', 'kubectl']);
        throw new Error('connection reset');
      },
    });

    expect(found.version).toBe('v1.37.2');
    expect(await readdir(cacheRoot)).toEqual([BUILT]);
  });

  it('never holds a build that lacks a program', async () => {
    const building = locate({ findRelease: OFFLINE, buildFromModules: (directory) => fill(directory, ['etcd']) });

    await expect(building).rejects.toThrow('kube-apiserver and kubectl did not come out of it');
    expect(await readdir(cacheRoot)).toEqual([]);
  });

  it('is repaired where somebody deleted a program, and cleared of what a killed process left', async () => {
    const killed = spawn('true');
    await once(killed, 'exit');
    await fill(join(cacheRoot, BUILT), ['etcd']);
    await fill(join(cacheRoot, `${BUILT}.tmp-${killed.pid}-x`), ['etcd']);
    await fill(join(cacheRoot, `${BUILT}.tmp-${process.pid}-x`), ['etcd']);

    await locate({ findRelease: OFFLINE });

    expect((await readdir(cacheRoot)).sort()).toEqual([BUILT, `${BUILT}.tmp-${process.pid}-x`]);
    expect(await readdir(join(cacheRoot, BUILT))).toHaveLength(3);
  });

  it('holds nothing of a build that was aborted', async () => {
    const stop = new AbortController();
    const building = locate(
      {
        findRelease: OFFLINE,
        buildFromModules: async (directory, { signal }) => {
          await fill(directory, ['etcd']);
          stop.abort(new Error('the parent is gone'));
          signal?.throwIfAborted();
        },
      },
      { signal: stop.signal },
    );

    await expect(building).rejects.toThrow(/^the parent is gone$/);
    expect(await readdir(cacheRoot)).toEqual([]);
  });

  it('is filled once by two processes that start at the same time', async () => {
    const log = join(cacheRoot, 'builds');
    const program = `
      import { appendFile, writeFile } from 'node:fs/promises';
      import { locateAssets } from ${JSON.stringify(join(import.meta.dirname, 'assets.ts'))};
      await locateAssets({
        ...${JSON.stringify({ cacheRoot, pin: PIN, platform: { os: 'linux', arch: 'amd64' }, env: {} })},
        sources: {
          findRelease: async () => { throw new Error('offline'); },
          buildFromModules: async (directory) => {
            await appendFile(${JSON.stringify(log)}, 'built once\\n');
            for (const name of ['etcd', 'kube-apiserver', 'kubectl']) {
              await writeFile(directory + '/' + name, '', { mode: 0o755 });
            }
          },
        },
      });`;
    const run = async () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const [code] = await once(child, 'close');
      return code === 0 ? 'found' : stderr;
    };

    expect(await Promise.all([run(), run()])).toEqual(['found', 'found']);
    expect(await readFile(log, 'utf8')).toBe('built once\n');
  });
});

it('keeps the cache outside the checkout, where the system keeps caches', () => {
  expect(defaultCacheRoot({ XDG_CACHE_HOME: '/xdg' }, 'linux')).toBe('/xdg/wsap/control-plane');
  expect(defaultCacheRoot({}, 'linux')).toMatch(/\/\.cache\/wsap\/control-plane$/);
  expect(defaultCacheRoot({}, 'darwin')).toMatch(/\/Library\/Caches\/wsap\/control-plane$/);
});

it('names platforms as Go does, and says what to do on Windows', () => {
  expect(goPlatform('darwin', 'arm64')).toEqual({ os: 'darwin', arch: 'arm64' });
  expect(() => goPlatform('win32', 'x64')).toThrow('on Windows, use WSL 2');
});
