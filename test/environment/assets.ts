import { access, constants, mkdir } from 'node:fs/promises';
import http from 'node:http';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  type Assets,
  buildEntry,
  findCached,
  lockEntry,
  missingBinaries,
  releaseEntry,
  storeAtomically,
} from './cache.ts';
import { type DownloadOptions, downloadRelease, findRelease, type Release } from './download.ts';
import { type BuildOptions, buildFromModules, buildMinutes } from './goBuild.ts';
import type { Pin, Platform } from './pin.ts';
import { ProgressLine } from './progress.ts';

/** Ways to obtain missing programs. Tests replace them. */
export interface AssetSources {
  findRelease(series: string, platform: Platform, options: DownloadOptions): Promise<Release>;
  downloadRelease(release: Release, directory: string, options: DownloadOptions): Promise<void>;
  buildFromModules(directory: string, options: BuildOptions): Promise<void>;
}

export interface AssetOptions {
  readonly cacheRoot: string;
  readonly pin: Pin;
  readonly platform: Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ProgressLine;
  readonly sources?: AssetSources;
}

/**
 * Returns the folder of kube-apiserver, etcd, and kubectl: KUBEBUILDER_ASSETS or a folder in the cache. Fills the cache with the upstream
 * download or a Go build, once per machine; concurrent processes wait. Rejects with an error that lists the solutions.
 */
export async function locateAssets(options: AssetOptions): Promise<Assets> {
  const { cacheRoot, pin, platform, env = process.env, signal, progress = new ProgressLine() } = options;
  if (env.KUBEBUILDER_ASSETS) {
    return givenAssets(env.KUBEBUILDER_ASSETS);
  }
  const cached = await findCached(cacheRoot, pin, platform);
  if (cached !== undefined) {
    return cached;
  }
  await mkdir(cacheRoot, { recursive: true });
  await using _lock = await lockEntry(join(cacheRoot, buildEntry(pin, platform)), 'Kubernetes', { progress, signal });
  return (await findCached(cacheRoot, pin, platform)) ?? (await obtain({ ...options, env, progress }));
}

async function givenAssets(directory: string): Promise<Assets> {
  const missing = await missingBinaries(directory);
  if (missing.length > 0) {
    throw new Error(
      `KUBEBUILDER_ASSETS is ${directory}, which does not contain an executable ${missing.join(' and ')}`,
    );
  }
  return { directory, version: 'of KUBEBUILDER_ASSETS' };
}

/** Maximum time until a server answers, in milliseconds. */
const CONNECT_MS = 20_000;
const CONNECT_WITHOUT_GO_MS = 2_500;

const UPSTREAM: AssetSources = { findRelease, downloadRelease, buildFromModules };

type Obtain = AssetOptions & { readonly env: NodeJS.ProcessEnv; readonly progress: ProgressLine };

async function obtain(options: Obtain): Promise<Assets> {
  const { pin, signal, progress } = options;
  let noDownload: Error;
  try {
    return await download(options);
  } catch (error) {
    signal?.throwIfAborted();
    noDownload = error as Error;
  }
  progress.say(`cannot download Kubernetes ${pin.series}: ${noDownload.message}`);
  try {
    return await build(options);
  } catch (noBuild) {
    signal?.throwIfAborted();
    throw new Error(solutions(pin, noDownload, noBuild as Error), { cause: noBuild });
  }
}

async function download({
  cacheRoot,
  pin,
  platform,
  env,
  signal,
  progress,
  sources = UPSTREAM,
}: Obtain): Promise<Assets> {
  if (!(await isOnPath('tar', env))) {
    throw new Error('tar, which unpacks the programs, is not on the PATH; install it with the package manager');
  }
  // Without Go, there is nothing else to try, so an unreachable server is reported soon.
  const connectMs = (await isOnPath('go', env)) ? CONNECT_MS : CONNECT_WITHOUT_GO_MS;
  // Only here: the control plane on this machine must not be reached through a proxy.
  using _proxy = useProxyOf(env);
  const release = await progress.during(
    () => `finding a release of Kubernetes ${pin.series}`,
    () => sources.findRelease(pin.series, platform, { signal, connectMs }),
  );
  const { version } = release;
  const directory = join(cacheRoot, releaseEntry(version, platform));
  let size = '';
  const onBytes = (received: number, total: number | undefined) => {
    size = `, ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`;
  };
  await progress.during(
    () => `downloading kube-apiserver, etcd, and kubectl ${version} into the cache${size}`,
    () =>
      storeAtomically(directory, (staging) =>
        sources.downloadRelease(release, staging, { signal, connectMs, onBytes }),
      ),
  );
  progress.say(`downloaded kube-apiserver, etcd, and kubectl ${version} to ${directory}`);
  return { directory, version };
}

async function build({ cacheRoot, pin, platform, env, signal, progress, sources = UPSTREAM }: Obtain): Promise<Assets> {
  const { version } = pin;
  const directory = join(cacheRoot, buildEntry(pin, platform));
  const about = buildMinutes(availableParallelism());
  await progress.during(
    () =>
      `building kube-apiserver, etcd, and kubectl ${version} from Go modules into the cache, about ${about} minutes`,
    () => storeAtomically(directory, (staging) => sources.buildFromModules(staging, { pin, platform, env, signal })),
  );
  progress.say(`built kube-apiserver, etcd, and kubectl ${version} in ${directory}`);
  return { directory, version };
}

/** Whether a program is on the PATH. */
async function isOnPath(program: string, { PATH = '' }: NodeJS.ProcessEnv): Promise<boolean> {
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  const isIn = (folder: string) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
  return (await Promise.all(folders.map(isIn))).includes(true);
}

/** Makes fetch use HTTPS_PROXY and NO_PROXY until disposed. Node.js before 24.14 can't do so. */
function useProxyOf({ HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy }: NodeJS.ProcessEnv): Disposable {
  const proxy = Object.entries({ HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy }).filter(([, value]) => value);
  const restore = http.setGlobalProxyFromEnv?.(Object.fromEntries(proxy));
  return { [Symbol.dispose]: () => restore?.() };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function solutions(pin: Pin, noDownload: Error, noBuild: Error): string {
  return [
    `cannot obtain kube-apiserver, etcd, and kubectl ${pin.series}:`,
    `  download: ${noDownload.message}`,
    `  Go build: ${noBuild.message}`,
    'To fix this, do one of the following:',
    '  - allow this machine to reach the address above, github.com, and release-assets.githubusercontent.com; if it needs a proxy, set HTTPS_PROXY',
    `  - install Go ${pin.goVersion} or newer (https://go.dev/dl) and put it on the PATH, so that the programs can be built`,
    '  - set KUBEBUILDER_ASSETS to a folder with the three programs; `setup-envtest use -p path` prints one',
  ].join('\n');
}
