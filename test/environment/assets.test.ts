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
let output: string;
beforeEach(async () => {
  cacheRoot = await mkdtemp(join(tmpdir(), 'wsap-assets-'));
  output = '';
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
  throw new Error('go is not on the PATH');
};
/** Sources that offer release 1.37.5 and a build. Tests replace parts. */
const SOURCES: AssetSources = {
  findRelease: async () => ({ version: 'v1.37.5', url: 'https://example.com', sha512: 'abc' }),
  downloadRelease: (_, directory) => fill(directory),
  buildFromModules: (directory) => fill(directory),
};

function locate(sources: Partial<AssetSources>, options: Partial<AssetOptions> = {}) {
  const progress = new ProgressLine({
    write: (text) => {
      output += text;
    },
  });
  const platform = { os: 'linux', arch: 'amd64' };
  return locateAssets({
    cacheRoot,
    pin: PIN,
    platform,
    env: { PATH: process.env.PATH },
    progress,
    sources: { ...SOURCES, ...sources },
    ...options,
  });
}

describe('locateAssets', () => {
  it('prefers KUBEBUILDER_ASSETS', async () => {
    await fill(join(cacheRoot, BUILT));
    const given = join(cacheRoot, 'given');
    await fill(given);

    expect((await locate({}, { env: { KUBEBUILDER_ASSETS: given } })).directory).toBe(given);
  });

  it('rejects an incomplete KUBEBUILDER_ASSETS and lists the missing programs', async () => {
    await fill(join(cacheRoot, BUILT));
    const given = join(cacheRoot, 'given');
    await fill(given, ['etcd']);

    await expect(locate({}, { env: { KUBEBUILDER_ASSETS: given } })).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${given}, which does not contain an executable kube-apiserver and kubectl`,
    );
  });

  it('returns the newest complete release of the series and platform in the cache', async () => {
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

  it('ignores a build from other Go modules', async () => {
    await fill(join(cacheRoot, 'v1.37.2-linux-amd64-go-fff'));

    expect((await locate({ findRelease: OFFLINE })).directory).toBe(join(cacheRoot, BUILT));
  });

  it('downloads a release once, prints its version, and then finds it in the cache', async () => {
    const first = await locate({ buildFromModules: NO_GO });
    const second = await locate({ findRelease: OFFLINE, buildFromModules: NO_GO });

    expect(first).toEqual({ directory: join(cacheRoot, 'v1.37.5-linux-amd64'), version: 'v1.37.5' });
    expect(second).toEqual(first);
    expect(output).toBe(`downloaded kube-apiserver, etcd, and kubectl v1.37.5 to ${first.directory}\n`);
  });

  it('builds the programs once if the download fails, and prints the error', async () => {
    const first = await locate({ findRelease: OFFLINE });
    const second = await locate({ findRelease: OFFLINE, buildFromModules: NO_GO });

    expect(first).toEqual({ directory: join(cacheRoot, BUILT), version: 'v1.37.2' });
    expect(second).toEqual(first);
    expect(output).toContain('cannot download Kubernetes 1.37: the network is unreachable\n');
  });

  it('lists all solutions if the download and the build fail', async () => {
    await expect(locate({ findRelease: OFFLINE, buildFromModules: NO_GO })).rejects.toThrow(
      /network is unreachable\n.*go is not on the PATH\n.*\n.*reach the address above.*\n.*install Go 1\.26\.0.*\n.*KUBEBUILDER_ASSETS/,
    );
    expect(await readdir(cacheRoot)).toEqual([]);
  });
});

describe('the cache', () => {
  it('never contains an incomplete download', async () => {
    const found = await locate({
      downloadRelease: async (_, directory) => {
        await fill(directory, ['etcd', 'kubectl']);
        throw new Error('connection reset');
      },
    });

    expect(found.version).toBe('v1.37.2');
    expect(await readdir(cacheRoot)).toEqual([BUILT]);
  });

  it('never contains an incomplete build', async () => {
    const building = locate({ findRelease: OFFLINE, buildFromModules: (directory) => fill(directory, ['etcd']) });

    await expect(building).rejects.toThrow('kube-apiserver and kubectl are missing');
    expect(await readdir(cacheRoot)).toEqual([]);
  });

  it('replaces incomplete entries and removes the files of killed processes', async () => {
    const killed = spawn('true');
    await once(killed, 'exit');
    await fill(join(cacheRoot, BUILT), ['etcd']);
    await fill(join(cacheRoot, `${BUILT}.tmp-${killed.pid}-x`), ['etcd']);
    await fill(join(cacheRoot, `${BUILT}.tmp-${process.pid}-x`), ['etcd']);

    await locate({ findRelease: OFFLINE });

    expect((await readdir(cacheRoot)).sort()).toEqual([BUILT, `${BUILT}.tmp-${process.pid}-x`]);
    expect(await readdir(join(cacheRoot, BUILT))).toHaveLength(3);
  });

  it('contains nothing of an aborted build', async () => {
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

  it('is filled once by two concurrent processes', async () => {
    const log = join(cacheRoot, 'builds');
    const program = `
      import { appendFile, writeFile } from 'node:fs/promises';
      import { locateAssets } from ${JSON.stringify(join(import.meta.dirname, 'assets.ts'))};
      await locateAssets({
        ...${JSON.stringify({ cacheRoot, pin: PIN, platform: { os: 'linux', arch: 'amd64' }, env: { PATH: process.env.PATH } })},
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

it('keeps the cache in the cache folder of the system', () => {
  expect(defaultCacheRoot({ XDG_CACHE_HOME: '/xdg' }, 'linux')).toBe('/xdg/wsap/control-plane');
  expect(defaultCacheRoot({}, 'linux')).toMatch(/\/\.cache\/wsap\/control-plane$/);
  expect(defaultCacheRoot({}, 'darwin')).toMatch(/\/Library\/Caches\/wsap\/control-plane$/);
});

it('names platforms like Go, and rejects Windows with a solution', () => {
  expect(goPlatform('darwin', 'arm64')).toEqual({ os: 'darwin', arch: 'arm64' });
  expect(() => goPlatform('win32', 'x64')).toThrow('on Windows, use WSL 2');
});
