import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '../../src/clock.ts';

/** Content of a lock file: the process that holds the lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called each time another process holds the lock, with its process ID if known. */
  readonly onWait?: ((pid: number | undefined) => void) | undefined;
  readonly clock?: Clock;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
  /** Maximum time without a heartbeat of the holder, in milliseconds of the monotonic clock of the waiting process. */
  readonly staleAfterMs?: number;
}

/**
 * Acquires a lock file; waits while another process holds it. Breaks a lock if its process is gone from this machine, or if its heartbeat
 * (the mtime of the file) doesn't change for `staleAfterMs`. Like client-go's leases, this compares no clocks, so that a suspended laptop
 * keeps its lock. Dispose of the result to release the lock. Rejects with the reason of the signal if aborted.
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<AsyncDisposable> {
  const { clock = systemClock, signal, pollMs = 500, heartbeatMs = 5_000, staleAfterMs = 60_000 } = options;
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() } satisfies Holder);
  let heartbeat = { seen: '', since: 0 };
  for (;;) {
    signal?.throwIfAborted();
    if (await create(file, mine)) {
      return hold(file, mine, heartbeatMs);
    }
    const found = await read(file);
    if (found === undefined) {
      continue;
    }
    const seen = `${found.content} ${found.mtimeMs}`;
    if (seen !== heartbeat.seen) {
      heartbeat = { seen, since: clock.monotonic() };
    }
    const holder = parseHolder(found.content);
    const gone = holder?.host === hostname() && !isAlive(holder.pid);
    if (gone || clock.monotonic() - heartbeat.since >= staleAfterMs) {
      await breakLock(file, found.content);
      continue;
    }
    options.onWait?.(holder?.pid);
    await clock.sleep(pollMs, signal);
  }
}

/** Whether a process of any user exists on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function hold(file: string, mine: string, heartbeatMs: number): AsyncDisposable {
  const beat = setInterval(() => {
    const now = new Date();
    // Fails if the lock was removed; the release detects this.
    utimes(file, now, now).catch(() => {});
  }, heartbeatMs);
  beat.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      if ((await read(file))?.content === mine) {
        await rm(file, { force: true });
      }
    },
  };
}

async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/** Breaks a stale lock. Only one of several waiters can rename it. Restores the lock if a new holder created it meanwhile. */
async function breakLock(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const caught = await readFile(aside, 'utf8');
  await rm(aside);
  if (caught !== stale) {
    await create(file, caught);
  }
}

async function read(file: string): Promise<{ content: string; mtimeMs: number } | undefined> {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { content, mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Returns undefined for an incomplete file. */
function parseHolder(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}
