import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { WorkQueue } from '../../src/kube/queue.ts';
import { runWorker } from '../../src/operator/worker.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { apiError } from './policyFleets.ts';

/** Returns a queue, the log lines, and the results of its runs. `work` runs until the queue is shut down. */
function start(hasJitter = true) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const lines: Record<string, unknown>[] = [];
  const results: unknown[] = [];
  let draws = 0;
  const work = (run: Parameters<typeof runWorker>[0]['run']): Promise<void> =>
    runWorker({
      queue,
      clock,
      random: () => (hasJitter ? ++draws / 16 : 0),
      log: pino({ level: 'debug' }, { write: (line) => lines.push(JSON.parse(line)) }),
      observer: { onStart: () => results.push('start'), onEnd: (...result) => results.push(result) },
      logFields: (key) => ({ policy: key, fleet: 'emea' }),
      run,
    });
  return { clock, queue, lines, results, work };
}

test('every log line of a run has the policy, the fleet, and a unique run ID', async () => {
  const { queue, lines, work } = start();
  const done = work(async (key, log) => {
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

describe('a run', () => {
  test('that succeeds resets its backoff', async () => {
    const { clock, queue, results, work } = start();
    queue.addRateLimited('ns/a');
    const done = work(async () => {
      await clock.sleep(20);
      return undefined;
    });
    await clock.advance(100);
    expect(queue.numRequeues('ns/a')).toBe(0);
    queue.shutDown();
    await done;
    expect(results).toEqual(['start', ['success', 20]]);
  });

  test('that succeeds with a next run is requeued', async () => {
    const { clock, queue, results, work } = start();
    let runs = 0;
    const done = work(async () => (++runs < 2 ? 60_000 : undefined));
    queue.add('ns/a');
    await clock.advance(59_999);
    expect(results).toEqual(['start', ['requeue_after', 0]]);
    await clock.advance(1);
    queue.shutDown();
    await done;
    expect(results.slice(2)).toEqual(['start', ['success', 0]]);
  });

  test.each([
    { failure: 'a throttled request', error: apiError(429, '30'), delays: [30, 30, 30, 30, 30, 32, 60, 60] },
    { failure: 'a missing permission', error: apiError(403), delays: [1, 2, 4, 8, 16, 32, 60, 60] },
    { failure: 'a bug', error: new TypeError('a bug'), delays: [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64] },
  ])('that fails because of $failure is retried after $delays seconds', async ({ error, delays }) => {
    const { clock, queue, work } = start(false);
    const times: number[] = [];
    const done = work(async () => {
      times.push(clock.monotonic());
      throw error;
    });
    queue.add('ns/a');
    await clock.advance(600_000);
    queue.shutDown();
    await done;
    expect(times.slice(1, 9).map((time, index) => (time - (times[index] ?? 0)) / 1000)).toEqual(delays);
  });

  test('that fails is logged and retried by the same worker', async () => {
    const { clock, queue, lines, results, work } = start();
    let runs = 0;
    const done = work(async () => {
      if (++runs === 1) {
        throw new Error('it \u001b[31mbroke', { cause: new Error('as it was old') });
      }
      return undefined;
    });
    queue.add('ns/a');
    await clock.advance(10);
    queue.shutDown();
    await done;
    expect(results).toEqual(['start', ['error', 0], 'start', ['success', 0]]);
    expect(lines[0]).toMatchObject({
      level: 50,
      policy: 'ns/a',
      error: 'it \uFFFD[31mbroke: as it was old',
      msg: 'the run failed; retrying with backoff',
    });
  });
});
