import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { WorkQueue } from '../../src/kube/queue.ts';
import { runWorker } from '../../src/operator/worker.ts';
import { VirtualClock } from '../fakes/clock.ts';

let clock: VirtualClock;
let queue: WorkQueue;
let lines: Record<string, unknown>[];
let told: unknown[];

beforeEach(() => {
  clock = new VirtualClock();
  queue = new WorkQueue({ clock, random: () => 0 });
  lines = [];
  told = [];
});

/** Works with this until the queue is shut down. */
function working(run: Parameters<typeof runWorker>[0]['run']): Promise<void> {
  let draws = 0;
  return runWorker({
    queue,
    clock,
    random: () => ++draws / 16,
    log: pino({ level: 'debug' }, { write: (line) => lines.push(JSON.parse(line)) }),
    observer: { started: () => told.push('started'), ended: (...result) => told.push(result) },
    about: (key) => ({ policy: key, fleet: 'emea' }),
    run,
  });
}

test('each line of a run names the policy, the fleet and the run, which has an id of its own', async () => {
  const done = working(async (key, log) => {
    log.info(`at work on ${key}`);
    return undefined;
  });
  queue.add('ns/a');
  queue.add('ns/b');
  queue.shutDown();
  await done;
  expect(lines.map(({ msg, policy, fleet, runID }) => [msg, policy, fleet, runID])).toEqual([
    ['at work on ns/a', 'ns/a', 'emea', '100000000000'],
    ['run ended', 'ns/a', 'emea', '100000000000'],
    ['at work on ns/b', 'ns/b', 'emea', '200000000000'],
    ['run ended', 'ns/b', 'emea', '200000000000'],
  ]);
});

describe('a run ends', () => {
  test('well: its backoff starts anew', async () => {
    queue.addRateLimited('ns/a');
    const done = working(async () => {
      await clock.sleep(20);
      return undefined;
    });
    await clock.advance(100);
    expect(queue.numRequeues('ns/a')).toBe(0);
    queue.shutDown();
    await done;
    expect(told).toEqual(['started', ['success', 20]]);
  });

  test('well, and comes again when it is due', async () => {
    let runs = 0;
    const done = working(async () => (++runs < 2 ? 60_000 : undefined));
    queue.add('ns/a');
    await clock.advance(59_999);
    expect(told).toEqual(['started', ['requeue_after', 0]]);
    await clock.advance(1);
    queue.shutDown();
    await done;
    expect(told.slice(2)).toEqual(['started', ['success', 0]]);
  });

  test('badly: it says so, is tried again, and takes no worker with it', async () => {
    let runs = 0;
    const done = working(async () => {
      if (++runs === 1) {
        throw new Error('it \u001b[31mbroke', { cause: new Error('as it was old') });
      }
      return undefined;
    });
    queue.add('ns/a');
    await clock.advance(10);
    queue.shutDown();
    await done;
    expect(told).toEqual(['started', ['error', 0], 'started', ['success', 0]]);
    expect(lines[0]).toMatchObject({
      level: 50,
      policy: 'ns/a',
      error: 'it \uFFFD[31mbroke: as it was old',
      msg: 'the run failed; it will be tried again',
    });
  });
});
