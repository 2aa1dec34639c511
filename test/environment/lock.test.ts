import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { acquireLock } from './lock.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wsap-lock-'));
  file = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true }));

/** A virtual clock. Each sleep calls `onSleep` and returns at once. */
function virtualClock(onSleep: () => Promise<void> = async () => {}): Clock {
  let time = 0;
  return {
    now: () => new Date(time),
    monotonic: () => time,
    sleep: async (ms) => {
      time += ms;
      await onSleep();
    },
  };
}

async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

function writeLock(pid: number, host: string): Promise<void> {
  return writeFile(file, JSON.stringify({ pid, host, token: 'of another' }));
}

it('is held by one process at a time and leaves no file', async () => {
  const order: string[] = [];
  const first = await acquireLock(file);
  let waitedFor: number | undefined;
  const second = acquireLock(file, {
    pollMs: 1,
    onWait: (pid) => {
      waitedFor = pid;
    },
  }).then(async (lock) => {
    order.push('second in');
    await lock[Symbol.asyncDispose]();
  });
  await vi.waitFor(() => expect(waitedFor).toBe(process.pid), { timeout: 60_000 });
  order.push('first out');
  await first[Symbol.asyncDispose]();
  await second;

  expect(order).toEqual(['first out', 'second in']);
  expect(await readdir(directory)).toEqual([]);
});

it('is acquired by exactly one of many waiters after the holder dies', async () => {
  await writeLock(await deadPid(), hostname());
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      await using _lock = await acquireLock(file, { pollMs: 1 });
      inside += 1;
      most = Math.max(most, inside);
      await new Promise(setImmediate);
      inside -= 1;
    }),
  );

  expect(most).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it('is taken over from a holder on another machine without a heartbeat for a minute', async () => {
  await writeLock(1, 'another-machine');
  const clock = virtualClock();

  await using _lock = await acquireLock(file, { clock });

  expect(clock.monotonic()).toBe(60_000);
});

it('is taken over if the file is incomplete', async () => {
  await writeFile(file, '');

  await using _lock = await acquireLock(file, { clock: virtualClock() });

  expect(await readdir(directory)).toEqual(['lock']);
});

it('is not taken over while the heartbeat changes, regardless of its time', async () => {
  await writeLock(1, 'another-machine');
  let beats = 0;
  const clock = virtualClock(async () => {
    beats += 1;
    if (beats === 200) {
      await rm(file);
    } else {
      await utimes(file, beats, beats);
    }
  });

  await using _lock = await acquireLock(file, { clock });

  expect(clock.monotonic()).toBe(100_000);
});

it('has a heartbeat while it is held', async () => {
  await using _lock = await acquireLock(file, { heartbeatMs: 1 });
  await utimes(file, 0, 0);

  await vi.waitFor(async () => expect((await stat(file)).mtimeMs).toBeGreaterThan(0), { timeout: 60_000 });
});

it('rejects when it is aborted', async () => {
  await using _lock = await acquireLock(file);
  const stop = new AbortController();
  const waiting = acquireLock(file, { signal: stop.signal, onWait: () => stop.abort(new Error('the parent is gone')) });

  await expect(waiting).rejects.toThrow('the parent is gone');
});
