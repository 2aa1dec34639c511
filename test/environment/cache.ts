import { access, constants, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { acquireLock, isAlive } from './lock.ts';
import { BINARIES, type GoModule, type Pin, type Platform } from './pin.ts';
import type { ProgressLine } from './progress.ts';

/** A folder that holds every program of a control plane. */
export interface Assets {
  readonly directory: string;
  /** What they are, for people, as `v1.37.2`. */
  readonly version: string;
}

/** Where control planes and Helm are kept, outside any checkout, so that each is fetched once for each machine. */
export function defaultCacheRoot(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const user = platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
  return join(env.XDG_CACHE_HOME || user, 'wsap', 'control-plane');
}

/** The name of a downloaded release in the cache. */
export function releaseEntry(version: string, { os, arch }: Platform): string {
  return `${version}-${os}-${arch}`;
}

/** The name of a Go build in the cache. Other module versions are another build. */
export function buildEntry(pin: GoModule, platform: Platform): string {
  return `${releaseEntry(pin.version, platform)}-go-${pin.modulesDigest}`;
}

/** The programs that a folder lacks, or that can't be executed there. */
export async function missingBinaries(directory: string, binaries: readonly string[] = BINARIES): Promise<string[]> {
  const missing: string[] = [];
  for (const binary of binaries) {
    await access(join(directory, binary), constants.X_OK).catch(() => missing.push(binary));
  }
  return missing;
}

/** A complete control plane of the pin's series: the newest downloaded release, or what Go built from this very pin. */
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

/** Takes an entry's lock, and says so while another process holds it, which is fetching `what`. */
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
    () => `waiting for ${holder === undefined ? 'another process' : `process ${holder}`}, which is fetching ${what}`,
    () => acquireLock(`${entry}.lock`, { signal, onWait }),
  );
}

/**
 * Puts a folder into the cache whole or not at all: `fill` works in a folder beside it, which takes the entry's name only when it
 * holds every program. Whoever calls this holds the entry's lock.
 */
export async function storeAtomically(
  entry: string,
  fill: (directory: string) => Promise<void>,
  binaries: readonly string[] = BINARIES,
): Promise<void> {
  await removeAbandoned(entry);
  const staging = await mkdtemp(`${entry}.tmp-${process.pid}-`);
  try {
    await fill(staging);
    const missing = await missingBinaries(staging, binaries);
    if (missing.length > 0) {
      throw new Error(`${missing.join(' and ')} did not come out of it`);
    }
    if ((await missingBinaries(entry, binaries)).length > 0) {
      // A folder of this name that lacks something is one that somebody deleted files from.
      await rm(entry, { recursive: true, force: true });
      await rename(staging, entry);
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed left of an entry. */
async function removeAbandoned(entry: string): Promise<void> {
  for (const name of await readdir(dirname(entry))) {
    const [, pid] = name.startsWith(`${basename(entry)}.tmp-`) ? (/\.tmp-(\d+)-/.exec(name) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(dirname(entry), name), { recursive: true, force: true });
    }
  }
}
