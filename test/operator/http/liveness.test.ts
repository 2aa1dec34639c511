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

describe('the check passes', () => {
  test('while there is no work', async () => {
    queue.addAfter('desktops/no-visio', 100 * HOUR);
    await clock.advance(99 * HOUR);
    expect(problem()).toBeUndefined();
  });

  test('while a run takes hours and its requests get tokens', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    for (let hour = 0; hour < 20; hour++) {
      void limiter.acquire('inventory');
      await clock.advance(25 * MINUTE);
      expect(problem()).toBeUndefined();
    }
  });

  test('while a run waits for requests of other runs', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    const waiting = Array.from({ length: 1_000 }, () => limiter.acquire('inventory'));
    await clock.advance(2 * HOUR);
    expect(problem()).toBeUndefined();
    expect(limiter.waiting).toBeGreaterThan(0);
    await clock.advance(2 * HOUR);
    await Promise.all(waiting);
  });

  test('while keys wait and all workers are busy', async () => {
    for (const key of ['a', 'b', 'c']) {
      queue.add(key);
    }
    await queue.get();
    await queue.get();
    await clock.advance(20 * MINUTE);
    expect(problem()).toBeUndefined();
  });

  test('before the workers start', async () => {
    workers = 0;
    queue.add('a');
    await clock.advance(5 * HOUR);
    expect(problem()).toBeUndefined();
  });

  test('while the API server is unreachable and attempts fail slowly', async () => {
    const run = async () => {
      await clock.sleep(30 * SECOND);
      throw new Error('no answer');
    };
    const log = pino({ level: 'silent' });
    const working = { queue, clock, random: () => 0, log, logFields: () => ({}), run };
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

describe('the check fails', () => {
  test('when a run has made no progress for half an hour', async () => {
    queue.add('desktops/no-visio');
    await queue.get();
    await limiter.acquire('urgent');
    await clock.advance(30 * MINUTE);
    expect(problem()).toBeUndefined();
    await clock.advance(MINUTE);
    expect(problem()).toBe('the run of desktops/no-visio has made no progress for 31m');
  });

  test('when keys wait although a worker is idle', async () => {
    queue.add('a');
    queue.add('b');
    await queue.get();
    await clock.advance(3 * MINUTE);
    expect(problem()).toBe('only 1 of 2 workers process keys, and keys have waited for 3m');
  });

  test('when a due key isn’t queued', async () => {
    const stopped = new VirtualClock();
    queue = new WorkQueue({ clock: stopped, random: () => 0 });
    queue.addAfter('a', MINUTE);
    await clock.advance(4 * MINUTE);
    expect(problem()).toBe('keys that were due 3m ago are not queued');
  });
});
