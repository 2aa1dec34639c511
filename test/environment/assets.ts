import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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

async function download({ cacheRoot, pin, platform, signal, progress, sources = UPSTREAM }: Obtain): Promise<Assets> {
  const release = await progress.during(
    () => `finding a release of Kubernetes ${pin.series}`,
    () => sources.findRelease(pin.series, platform, { signal }),
  );
  const { version } = release;
  const directory = join(cacheRoot, releaseEntry(version, platform));
  let size = '';
  const onBytes = (received: number, total: number | undefined) => {
    size = `, ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`;
  };
  await progress.during(
    () => `downloading kube-apiserver, etcd, and kubectl ${version} into the cache${size}`,
    () => storeAtomically(directory, (staging) => sources.downloadRelease(release, staging, { signal, onBytes })),
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

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function solutions(pin: Pin, noDownload: Error, noBuild: Error): string {
  return [
    `cannot obtain kube-apiserver, etcd, and kubectl ${pin.series}:`,
    `  download: ${noDownload.message}`,
    `  Go build: ${noBuild.message}`,
    'To fix this, do one of the following:',
    '  - allow this machine to reach the addresses above, which publish the programs',
    `  - install Go ${pin.goVersion} or newer (https://go.dev/dl) and put it on the PATH, so that the programs can be built`,
    '  - set KUBEBUILDER_ASSETS to a folder with the three programs; `setup-envtest use -p path` prints one',
  ].join('\n');
}
