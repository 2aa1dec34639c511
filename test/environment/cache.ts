import { access, constants, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { acquireLock, isAlive } from './lock.ts';
import { BINARIES, type GoModule, type Pin, type Platform } from './pin.ts';
import type { ProgressLine } from './progress.ts';

/** A folder with all programs of a control plane. */
export interface Assets {
  readonly directory: string;
  /** Human-readable version, for example, `v1.37.2`. */
  readonly version: string;
}

/** Returns the cache folder of control planes and Helm. It is outside the checkout, so that each is obtained once per machine. */
export function defaultCacheRoot(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const user = platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
  return join(env.XDG_CACHE_HOME || user, 'wsap', 'control-plane');
}

/** Returns the name of a downloaded release in the cache. */
export function releaseEntry(version: string, { os, arch }: Platform): string {
  return `${version}-${os}-${arch}`;
}

/** Returns the name of a Go build in the cache. Each set of module versions has its own build. */
export function buildEntry(pin: GoModule, platform: Platform): string {
  return `${releaseEntry(pin.version, platform)}-go-${pin.modulesDigest}`;
}

/** Returns the programs that are missing in a folder or not executable. `mode`: required access of files that are no programs. */
export async function missingBinaries(
  directory: string,
  binaries: readonly string[] = BINARIES,
  mode = constants.X_OK,
): Promise<string[]> {
  const missing: string[] = [];
  for (const binary of binaries) {
    await access(join(directory, binary), mode).catch(() => missing.push(binary));
  }
  return missing;
}

/** Returns a complete control plane in the cache: the newest release of the pinned series, or the build of the pin. */
export async function findCached(root: string, pin: Pin, platform: Platform): Promise<Assets | undefined> {
  const prefix = `v${pin.series}.`;
  const suffix = `-${platform.os}-${platform.arch}`;
  const names = await readdir(root).catch(() => []);
  const patches = names
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => name.slice(prefix.length, -suffix.length))
    .filter((patch) => /^\d+$/.test(patch))
    .sort((a, b) => Number(b) - Number(a));
  const candidates = [
    ...patches.map((patch) => ({ name: `${prefix}${patch}${suffix}`, version: `${prefix}${patch}` })),
    { name: buildEntry(pin, platform), version: pin.version },
  ];
  for (const { name, version } of candidates) {
    const directory = join(root, name);
    if ((await missingBinaries(directory)).length === 0) {
      return { directory, version };
    }
  }
  return undefined;
}

/** Acquires the lock of an entry. Shows a progress line while another process holds it. `what`: name of the entry. */
export function lockEntry(
  entry: string,
  what: string,
  { progress, signal }: { readonly progress: ProgressLine; readonly signal?: AbortSignal | undefined },
): Promise<AsyncDisposable> {
  let holder: number | undefined;
  const onWait = (pid: number | undefined) => {
    holder = pid;
  };
  return progress.during(
    () => `waiting for ${holder === undefined ? 'another process' : `process ${holder}`}, which obtains ${what}`,
    () => acquireLock(`${entry}.lock`, { signal, onWait }),
  );
}

/**
 * Adds a complete entry to the cache, or nothing. `fill` writes to a temporary folder, which is renamed if it contains every program with
 * the access `mode`. The caller must hold the lock of the entry.
 */
export async function storeAtomically(
  entry: string,
  fill: (directory: string) => Promise<void>,
  binaries: readonly string[] = BINARIES,
  mode = constants.X_OK,
): Promise<void> {
  await removeAbandoned(entry);
  const staging = await mkdtemp(`${entry}.tmp-${process.pid}-`);
  try {
    await fill(staging);
    const missing = await missingBinaries(staging, binaries, mode);
    if (missing.length > 0) {
      throw new Error(`${missing.join(' and ')} are missing in the result`);
    }
    if ((await missingBinaries(entry, binaries, mode)).length > 0) {
      // An incomplete folder of this name is an entry with deleted files.
      await rm(entry, { recursive: true, force: true });
      await rename(staging, entry);
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes temporary folders of killed processes. */
async function removeAbandoned(entry: string): Promise<void> {
  for (const name of await readdir(dirname(entry))) {
    const [, pid] = name.startsWith(`${basename(entry)}.tmp-`) ? (/\.tmp-(\d+)-/.exec(name) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(dirname(entry), name), { recursive: true, force: true });
    }
  }
}
