import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import { WorkQueue } from '../../../src/kube/queue.ts';
import { workCheck } from '../../../src/operator/http/liveness.ts';
import { runWorker } from '../../../src/operator/worker.ts';
import { VirtualClock } from '../../fakes/clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let clock: VirtualClock;
let queue: WorkQueue;
let limiter: RateLimiter;
let workers: number;

beforeEach(() => {
  clock = new VirtualClock();
  queue = new WorkQueue({ clock, random: () => 0 });
  limiter = new RateLimiter({ callsPerSecond: 0.1, burst: 1, clock });
  workers = 2;
});

function problem(): string | undefined {
  const progressOf = () => limiter.lastGrantAt;
  return workCheck({ name: 'policy', state: () => queue.state, workers: () => workers, progressOf }, clock).problem();
}

describe('work is alive', () => {
  test('while there is nothing to do, for however long', async () => {
    queue.addAfter('desktops/no-visio', 100 * HOUR);
    await clock.advance(99 * HOUR);
    expect(problem()).toBeUndefined();
  });

  test('while a run takes hours, as its requests get their turn one after the other', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    for (let hour = 0; hour < 20; hour++) {
      void limiter.acquire('inventory');
      await clock.advance(25 * MINUTE);
      expect(problem()).toBeUndefined();
    }
  });

  test('while a run waits behind others that are served', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    const waiting = Array.from({ length: 1_000 }, () => limiter.acquire('inventory'));
    await clock.advance(2 * HOUR);
    expect(problem()).toBeUndefined();
    expect(limiter.waiting).toBeGreaterThan(0);
    await clock.advance(2 * HOUR);
    await Promise.all(waiting);
  });

  test('while every worker is busy and others wait for them', async () => {
    for (const key of ['a', 'b', 'c']) {
      queue.add(key);
    }
    await queue.get();
    await queue.get();
    await clock.advance(20 * MINUTE);
    expect(problem()).toBeUndefined();
  });

  test('while nobody works yet, as what is watched has not been read', async () => {
    workers = 0;
    queue.add('a');
    await clock.advance(5 * HOUR);
    expect(problem()).toBeUndefined();
  });

  test('while the API server can not be reached, and each attempt takes its time to fail', async () => {
    const run = async () => {
      await clock.sleep(30 * SECOND);
      throw new Error('no answer');
    };
    const log = pino({ level: 'silent' });
    const working = { queue, clock, random: () => 0, log, about: () => ({}), run };
    const done = Promise.all([runWorker(working), runWorker(working)]);
    for (const key of ['a', 'b', 'c']) {
      queue.add(key);
    }
    for (let minute = 0; minute < 5 * 60; minute++) {
      await clock.advance(MINUTE);
      expect(problem()).toBeUndefined();
    }
    queue.shutDown();
    await clock.advance(MINUTE);
    await done;
  });
});

describe('work stands still', () => {
  test('when a run waits for half an hour for something that does not go on', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    await limiter.acquire('urgent');
    await clock.advance(30 * MINUTE);
    expect(problem()).toBeUndefined();
    await clock.advance(MINUTE);
    expect(problem()).toBe('the run of desktops/no-visio stands still since 31m ago');
  });

  test('when keys wait though a worker has nothing to do, as it is lost', async () => {
    queue.add('a');
    queue.add('b');
    await queue.get();
    await clock.advance(3 * MINUTE);
    expect(problem()).toBe('only 1 of 2 workers take keys, and some wait since 3m ago');
  });

  test('when a key was due and nobody noticed', async () => {
    const stopped = new VirtualClock();
    queue = new WorkQueue({ clock: stopped, random: () => 0 });
    queue.addAfter('a', MINUTE);
    await clock.advance(4 * MINUTE);
    expect(problem()).toBe('keys that were due 3m ago are not queued');
  });
});
