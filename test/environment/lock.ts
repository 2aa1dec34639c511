import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '../../src/clock.ts';

/** What a lock file says about who holds it. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called each time the lock is found held, with its holder's process id if the file says one. */
  readonly onWait?: ((pid: number | undefined) => void) | undefined;
  readonly clock?: Clock;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
  /** How long a holder may show no heartbeat, in milliseconds of the waiting process's own monotonic clock. */
  readonly staleAfterMs?: number;
}

/**
 * Takes a lock file, waiting for whoever holds it. A lock is broken when its process is gone from this machine, or when its heartbeat
 * (the file's mtime) stood still for `staleAfterMs` while we watched, as client-go judges a lease: no clocks are compared, and a
 * suspended laptop loses no lock. Dispose of the result to release it. Rejects with the signal's reason if aborted.
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

/** Whether a process of this machine exists, whoever owns it. */
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
    // A lock that somebody removed is noticed by its absence; there is nobody to tell.
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

/** Renaming lets one of several waiters win; if a new holder's lock was caught instead of the stale one, it's put back. */
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

/** Undefined for a file whose holder is still writing it, or died while it was. */
function parseHolder(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}
