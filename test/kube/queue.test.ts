import { describe, expect, test } from 'vitest';
import { type QueueObserver, WorkQueue } from '../../src/kube/queue.ts';
import { VirtualClock } from '../fakes/clock.ts';

function start({ baseMs = 5, jitter = 0 } = {}) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: () => 0.5, backoff: { baseMs, maxMs: 1000, jitter } });
  return { clock, queue };
}

/** Starts a queue with an observer that records its calls. */
function startObserved() {
  const calls: [keyof QueueObserver, number?][] = [];
  const clock = new VirtualClock();
  const observer: QueueObserver = {
    onAdd: () => calls.push(['onAdd']),
    onGet: (queuedMs) => calls.push(['onGet', queuedMs]),
    onDone: (durationMs) => calls.push(['onDone', durationMs]),
    onRetry: () => calls.push(['onRetry']),
  };
  return { calls, clock, queue: new WorkQueue({ clock, random: () => 0, observer }) };
}

/** Returns the keys that are ready, in order, and marks them as processed. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
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

describe('get', () => {
  test('returns each key once, in the order of adding', async () => {
    const { queue } = start();
    for (const key of ['a', 'b', 'a', 'c', 'b']) {
      queue.add(key);
    }
    expect(queue.length).toBe(3);
    expect(await takeAll(queue)).toEqual(['a', 'b', 'c']);
  });

  test('gives each added key to one waiting worker', async () => {
    const { queue } = start();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
    expect(queue.length).toBe(0);
  });

  test('returns a key that is added while it is processed only after done', async () => {
    const { queue } = start();
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

  test('isn’t affected by a needless done', async () => {
    const { queue } = start();
    queue.add('a');
    queue.done('a');
    expect(await takeAll(queue)).toEqual(['a']);
  });
});

describe('addAfter', () => {
  test('queues a key at its due time and not before', async () => {
    const { clock, queue } = start();
    queue.addAfter('a', 100);
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  test('queues a key immediately if the delay is zero or negative', async () => {
    const { queue } = start();
    queue.addAfter('a', 0);
    queue.addAfter('b', -1);
    expect(await takeAll(queue)).toEqual(['a', 'b']);
  });

  test('keeps the earlier of two due times in either order', async () => {
    const { clock, queue } = start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('b', 100);
    queue.addAfter('b', 500);
    await clock.advance(100);
    expect((await takeAll(queue)).sort()).toEqual(['a', 'b']);
    await clock.advance(1000);
    expect(queue.length).toBe(0);
  });

  test('queues many keys by due time and leaves no timer behind', async () => {
    const { clock, queue } = start();
    for (const ms of [30, 10, 20]) {
      queue.addAfter(`after ${ms}`, ms);
    }
    expect(clock.sleeping()).toHaveLength(1);
    await clock.advance(30);
    expect(await takeAll(queue)).toEqual(['after 10', 'after 20', 'after 30']);
    expect(clock.sleeping()).toEqual([]);
  });
});

describe('addRateLimited', () => {
  test('doubles the backoff of each key from 5 ms up to the maximum', async () => {
    const { clock, queue } = start();
    const delays: number[] = [];
    for (let failures = 0; failures < 10; failures++) {
      queue.addRateLimited('a');
      delays.push(...clock.sleeping());
      await clock.advance(1000);
      await takeAll(queue);
    }
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    queue.addRateLimited('b');
    expect(clock.sleeping()).toEqual([5]);
  });

  test('restarts the backoff of a key after forget', async () => {
    const { clock, queue } = start();
    queue.addRateLimited('a');
    queue.addRateLimited('a');
    expect(queue.numRequeues('a')).toBe(2);
    queue.forget('a');
    expect(queue.numRequeues('a')).toBe(0);
    await clock.advance(5);
    expect(await takeAll(queue)).toEqual(['a']);
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  test('adds jitter to the delay', async () => {
    const { clock, queue } = start({ baseMs: 10, jitter: 1 });
    queue.addRateLimited('a');
    expect(clock.sleeping()).toEqual([15]);
  });
});

describe('shutDown', () => {
  test('ends waiting workers, still returns queued keys, and adds no key', async () => {
    const { clock, queue } = start();
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

  test('drops delayed keys and their timer, which would keep the process alive', async () => {
    const { clock, queue } = start();
    queue.addAfter('a', 100_000);
    queue.shutDown();
    expect(clock.sleeping()).toEqual([]);
    expect(await queue.get()).toBeUndefined();
  });

  test('waits for every key in process when draining', async () => {
    const { clock, queue } = start();
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

  test('drains an idle queue immediately and ends a pending drain', async () => {
    const { clock, queue } = start();
    await new WorkQueue({ clock, random: () => 0 }).shutDownWithDrain();
    queue.add('a');
    await queue.get();
    const drain = queue.shutDownWithDrain();
    queue.shutDown();
    await drain;
  });
});

describe('flows', () => {
  /** Returns a queue whose keys are `fleet/namespace/name`, with two slots for each fleet. */
  function startFair() {
    const clock = new VirtualClock();
    const flowOf = (key: string) => {
      const [group = '', flow = ''] = key.split('/');
      return { group, flow };
    };
    return { clock, queue: new WorkQueue({ clock, random: () => 0, flowOf, slotsPerGroup: 2 }) };
  }

  test('are served in turn: first the groups, then the flows of a group', async () => {
    const { queue } = startFair();
    for (const key of ['big/a/1', 'big/a/2', 'big/a/3', 'big/b/1', 'small/a/1']) {
      queue.add(key);
    }
    expect(await takeAll(queue)).toEqual(['big/a/1', 'small/a/1', 'big/b/1', 'big/a/2', 'big/a/3']);
  });

  test('of a group get no more slots than the group has, and other groups get theirs', async () => {
    const { clock, queue } = startFair();
    const taken: string[] = [];
    const work = async () => {
      for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
        taken.push(key);
      }
    };
    void work();
    for (const key of ['big/a/1', 'big/a/2', 'big/a/3', 'small/a/1']) {
      queue.add(key);
    }
    await clock.advance(1);
    expect(taken).toEqual(['big/a/1', 'big/a/2', 'small/a/1']);
    expect(queue.state.waitingSince).toBeUndefined();
    queue.done('big/a/2');
    await clock.advance(1);
    expect(taken.slice(3)).toEqual(['big/a/3']);
    queue.shutDown();
  });

  test('give the slot of a waiting key to others, and give it back before their next key', async () => {
    const { clock, queue } = startFair();
    const read = Promise.withResolvers<string>();
    for (const n of [1, 2, 3, 4]) {
      queue.add(`big/a/${n}`);
    }
    expect([await queue.get(), await queue.get()]).toEqual(['big/a/1', 'big/a/2']);
    let answer: string | undefined;
    const waiting = queue.releaseWhile('big/a/1', read.promise).then((text) => {
      answer = text;
    });
    expect(await queue.get()).toBe('big/a/3');
    expect([...queue.state.processing.keys()]).toEqual(['big/a/1', 'big/a/2', 'big/a/3']);
    expect([...queue.state.slots.keys()]).toEqual(['big/a/2', 'big/a/3']);
    read.resolve('read');
    await clock.advance(1);
    expect(answer).toBeUndefined();
    const next = queue.get();
    queue.done('big/a/3');
    await waiting;
    expect(answer).toBe('read');
    expect([...queue.state.slots.keys()]).toEqual(['big/a/2', 'big/a/1']);
    queue.done('big/a/1');
    expect(await next).toBe('big/a/4');
  });

  test('get a slot again before the error of a failed wait', async () => {
    const { queue } = startFair();
    queue.add('big/a/1');
    await queue.get();
    await expect(queue.releaseWhile('big/a/1', Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect([...queue.state.slots.keys()]).toEqual(['big/a/1']);
  });

  test('end a drain only after a key that waits without a slot is done', async () => {
    const { clock, queue } = startFair();
    const read = Promise.withResolvers<void>();
    queue.add('big/a/1');
    await queue.get();
    const waiting = queue.releaseWhile('big/a/1', read.promise);
    let isDrained = false;
    const drained = queue.shutDownWithDrain().then(() => {
      isDrained = true;
    });
    await clock.advance(1);
    expect(isDrained).toBe(false);
    read.resolve();
    await waiting;
    queue.done('big/a/1');
    await drained;
  });
});

describe('an observer', () => {
  test('gets one onAdd per queued key and separate times in the queue and in process', async () => {
    const { calls, clock, queue } = startObserved();
    queue.add('a');
    queue.add('a');
    await clock.advance(30);
    await queue.get();
    await clock.advance(200);
    queue.done('a');
    queue.done('a');
    expect(calls).toEqual([['onAdd'], ['onGet', 30], ['onDone', 200]]);
  });

  test('counts the waiting time of a key that is added during processing from its addition', async () => {
    const { calls, clock, queue } = startObserved();
    queue.add('a');
    await queue.get();
    await clock.advance(10);
    queue.add('a');
    await clock.advance(40);
    queue.done('a');
    await clock.advance(5);
    await queue.get();
    expect(calls).toEqual([['onAdd'], ['onGet', 0], ['onAdd'], ['onDone', 50], ['onGet', 45]]);
  });

  test('gets onRetry for each delayed key, and onAdd when the key is due', async () => {
    const { calls, clock, queue } = startObserved();
    queue.addAfter('a', 100);
    queue.addRateLimited('b');
    queue.addAfter('c', 0);
    expect(calls).toEqual([['onRetry'], ['onRetry'], ['onRetry'], ['onAdd']]);
    await clock.advance(100);
    expect(calls.filter(([method]) => method === 'onAdd')).toHaveLength(3);
  });

  test('gets no calls for keys that a closed queue rejects', () => {
    const { calls, queue } = startObserved();
    queue.shutDown();
    queue.add('a');
    queue.addAfter('b', 5);
    expect(calls).toEqual([]);
  });
});

describe('the state', () => {
  test('of an idle queue is empty', () => {
    const { queue } = start();
    expect(queue.state).toEqual({
      depth: 0,
      processing: new Map(),
      slots: new Map(),
      waitingSince: undefined,
      nextDue: undefined,
    });
  });

  test('counts waiting keys and keys that were added again during processing, with their times', async () => {
    const { clock, queue } = start();
    queue.add('a');
    await queue.get();
    await clock.advance(10);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 100);
    queue.addAfter('d', 50);
    await clock.advance(10);
    expect(queue.state).toEqual({
      depth: 2,
      processing: new Map([['a', 0]]),
      slots: new Map([['a', 0]]),
      waitingSince: 10,
      nextDue: 60,
    });
  });
});
