import { beforeEach, describe, expect, test } from 'vitest';
import { type QueueObserver, WorkQueue } from '../../src/kube/queue.ts';
import { VirtualClock } from '../fakes/clock.ts';

let clock: VirtualClock;
let queue: WorkQueue;

beforeEach(() => {
  clock = new VirtualClock();
  queue = new WorkQueue({ clock, random: () => 0.5, backoff: { baseMs: 5, maxMs: 1000, jitter: 0 } });
});

/** What the queue has ready, in order; leaves it processed. */
async function takeAll(): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) {
    const key = await queue.get();
    if (key === undefined) {
      break;
    }
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('handing out', () => {
  test('keys come out in the order they were added, once each', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) {
      queue.add(key);
    }
    expect(queue.length).toBe(3);
    expect(await takeAll()).toEqual(['a', 'b', 'c']);
  });

  test('waiting workers get keys as they are added, each key one worker', async () => {
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
    expect(queue.length).toBe(0);
  });

  test('a key added while it is processed goes to no second worker, and is handed out again after done', async () => {
    queue.add('a');
    expect(await queue.get()).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    const second = queue.get();
    queue.add('b');
    expect(await second).toBe('b');
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  test('a needless done neither duplicates a queued key nor takes one away', async () => {
    queue.add('a');
    queue.done('a');
    expect(await takeAll()).toEqual(['a']);
  });
});

describe('delays', () => {
  test('a delayed key is ready at its time and not before', async () => {
    queue.addAfter('a', 100);
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll()).toEqual(['a']);
  });

  test('no delay, or one in the past, means now', async () => {
    queue.addAfter('a', 0);
    queue.addAfter('b', -1);
    expect(await takeAll()).toEqual(['a', 'b']);
  });

  test('the earlier of two due times wins, in whichever order they are set', async () => {
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('b', 100);
    queue.addAfter('b', 500);
    await clock.advance(100);
    expect((await takeAll()).sort()).toEqual(['a', 'b']);
    await clock.advance(1000);
    expect(queue.length).toBe(0);
  });

  test('many delayed keys come out by their due times and leave no timer behind', async () => {
    for (const ms of [30, 10, 20]) {
      queue.addAfter(`after ${ms}`, ms);
    }
    expect(clock.sleeping()).toHaveLength(1);
    await clock.advance(30);
    expect(await takeAll()).toEqual(['after 10', 'after 20', 'after 30']);
    expect(clock.sleeping()).toEqual([]);
  });
});

describe('rate limit', () => {
  test('the backoff of a key doubles from 5 ms up to its maximum, and another key has its own', async () => {
    const delays: number[] = [];
    for (let failures = 0; failures < 10; failures++) {
      queue.addRateLimited('a');
      delays.push(...clock.sleeping());
      await clock.advance(1000);
      await takeAll();
    }
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    queue.addRateLimited('b');
    expect(clock.sleeping()).toEqual([5]);
  });

  test('forgetting a key starts its backoff anew', async () => {
    queue.addRateLimited('a');
    queue.addRateLimited('a');
    expect(queue.numRequeues('a')).toBe(2);
    queue.forget('a');
    expect(queue.numRequeues('a')).toBe(0);
    await clock.advance(5);
    expect(await takeAll()).toEqual(['a']);
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(await takeAll()).toEqual(['a']);
  });

  test('jitter is added to the delay', async () => {
    queue = new WorkQueue({ clock, random: () => 0.5, backoff: { baseMs: 10, maxMs: 1000, jitter: 1 } });
    queue.addRateLimited('a');
    expect(clock.sleeping()).toEqual([15]);
  });
});

describe('shutdown', () => {
  test('waiting workers are told, what was queued is still handed out, and nothing is added any more', async () => {
    queue.add('a');
    queue.shutDown();
    queue.add('b');
    queue.addRateLimited('c');
    queue.addAfter('d', 1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(await queue.get()).toBeUndefined();

    const idle = new WorkQueue({ clock, random: () => 0 });
    const worker = idle.get();
    idle.shutDown();
    expect(await worker).toBeUndefined();
  });

  test('delayed keys are dropped with their timer, which would keep the process alive', async () => {
    queue.addAfter('a', 100_000);
    queue.shutDown();
    expect(clock.sleeping()).toEqual([]);
    expect(await queue.get()).toBeUndefined();
  });

  test('a drain waits for every key that is processed', async () => {
    queue.add('a');
    queue.add('b');
    await queue.get();
    await queue.get();
    let drained = false;
    const drain = queue.shutDownWithDrain().then(() => {
      drained = true;
    });
    queue.done('a');
    await clock.advance(1);
    expect(drained).toBe(false);
    queue.done('b');
    await drain;
  });

  test('a drain of an idle queue resolves at once, and shutDown gives up one that is under way', async () => {
    await new WorkQueue({ clock, random: () => 0 }).shutDownWithDrain();
    queue.add('a');
    await queue.get();
    const drain = queue.shutDownWithDrain();
    queue.shutDown();
    await drain;
  });
});

describe('what an observer is told, as client-go tells its metrics', () => {
  let told: [keyof QueueObserver, number?][];

  beforeEach(() => {
    told = [];
    const observer: QueueObserver = {
      added: () => told.push(['added']),
      handedOut: (waited) => told.push(['handedOut', waited]),
      processed: (took) => told.push(['processed', took]),
      retried: () => told.push(['retried']),
    };
    queue = new WorkQueue({ clock, random: () => 0, observer });
  });

  test('a key that waits is added once, and its time in the queue and with a worker are told apart', async () => {
    queue.add('a');
    queue.add('a');
    await clock.advance(30);
    await queue.get();
    await clock.advance(200);
    queue.done('a');
    queue.done('a');
    expect(told).toEqual([['added'], ['handedOut', 30], ['processed', 200]]);
  });

  test('a key that is added while it is processed waits from then on, and not from its end', async () => {
    queue.add('a');
    await queue.get();
    await clock.advance(10);
    queue.add('a');
    await clock.advance(40);
    queue.done('a');
    await clock.advance(5);
    await queue.get();
    expect(told).toEqual([['added'], ['handedOut', 0], ['added'], ['processed', 50], ['handedOut', 45]]);
  });

  test('whatever is added for later counts as a retry, and as added once it is due', async () => {
    queue.addAfter('a', 100);
    queue.addRateLimited('b');
    queue.addAfter('c', 0);
    expect(told).toEqual([['retried'], ['retried'], ['retried'], ['added']]);
    await clock.advance(100);
    expect(told.filter(([what]) => what === 'added')).toHaveLength(3);
  });

  test('a queue that is shut down tells nothing of what it refuses', () => {
    queue.shutDown();
    queue.add('a');
    queue.addAfter('b', 5);
    expect(told).toEqual([]);
  });
});

describe('the state', () => {
  test('of an idle queue is empty', () => {
    expect(queue.state).toEqual({ depth: 0, processing: new Map(), waitingSince: undefined, nextDue: undefined });
  });

  test('counts what waits and what waits for its own end, and says since when', async () => {
    queue.add('a');
    await queue.get();
    await clock.advance(10);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 100);
    queue.addAfter('d', 50);
    await clock.advance(10);
    expect(queue.state).toEqual({ depth: 2, processing: new Map([['a', 0]]), waitingSince: 10, nextDue: 60 });
  });
});
