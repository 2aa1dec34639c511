import { describe, expect, test } from 'vitest';
import { type Priority, RateLimiter } from '../../src/aws/rateLimiter.ts';
import { VirtualClock } from '../fakes/clock.ts';

function start(callsPerSecond = 2, burst = 5) {
  const clock = new VirtualClock();
  const limiter = new RateLimiter({ callsPerSecond, burst, clock });
  const granted: string[] = [];
  const ask = (name: string, priority: Priority = 'inventory', signal?: AbortSignal, flow?: string) =>
    limiter.acquire(priority, signal, flow).then(
      () => {
        granted.push(`${name} at ${clock.monotonic()}`);
        limiter.onResponse();
      },
      (reason: unknown) => void granted.push(`${name} gave up: ${reason}`),
    );
  return { clock, limiter, granted, ask };
}

describe('flows', () => {
  test('are served in turn within a priority, so that one with many requests does not delay the others', async () => {
    const { clock, granted, ask } = start(1, 1);
    for (const name of ['many 1', 'many 2', 'many 3', 'many 4']) {
      ask(name, 'inventory', undefined, 'many');
    }
    ask('few', 'inventory', undefined, 'few');
    ask('urgent many 1', 'urgent', undefined, 'many');
    ask('urgent many 2', 'urgent', undefined, 'many');
    ask('urgent few', 'urgent', undefined, 'few');
    await clock.advance(10_000);
    expect(granted.map((text) => text.replace(/ at .*/, ''))).toEqual([
      'many 1',
      'urgent many 1',
      'urgent few',
      'urgent many 2',
      'many 2',
      'few',
      'many 3',
      'many 4',
    ]);
  });

  test('lose only the canceled request', async () => {
    const { clock, granted, ask } = start(1, 1);
    const cancel = new AbortController();
    ask('first', 'inventory', undefined, 'a');
    ask('canceled', 'inventory', cancel.signal, 'a');
    ask('kept', 'inventory', undefined, 'a');
    cancel.abort('stop');
    await clock.advance(10_000);
    expect(granted).toEqual(['first at 0', 'canceled gave up: stop', 'kept at 1000']);
  });
});

describe('a token bucket', () => {
  test('grants a burst immediately, then one request per 1/rate seconds, in order', async () => {
    const { clock, limiter, granted, ask } = start(2, 3);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      ask(name);
    }
    await clock.advance(0);
    expect(limiter.waiting).toBe(2);
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 0', 'b at 0', 'c at 0', 'd at 500', 'e at 1000']);
    expect(limiter.waiting).toBe(0);
  });

  test('collects at most one burst while idle', async () => {
    const { clock, granted, ask } = start(2, 2);
    await clock.advance(3_600_000);
    for (const name of ['a', 'b', 'c']) {
      ask(name);
    }
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 3600000', 'b at 3600000', 'c at 3600500']);
  });

  test('keeps a rate whose period isn’t a whole number of milliseconds', async () => {
    const { clock, granted, ask } = start(3, 2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      ask(name);
    }
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 0', 'b at 0', 'c at 334', 'd at 667', 'e at 1000']);
  });

  test('serves a background request only from a full bucket, so that it delays no other request', async () => {
    const { clock, granted, ask } = start(1, 2);
    ask('inventory 1');
    ask('inventory 2');
    ask('background 1', 'background');
    ask('background 2', 'background');
    await clock.advance(1_000);
    expect(granted).toEqual(['inventory 1 at 0', 'inventory 2 at 0']);
    ask('urgent', 'urgent');
    await clock.advance(1_500);
    ask('inventory 3');
    await clock.advance(10_000);
    expect(granted.slice(2)).toEqual([
      'urgent at 1000',
      'inventory 3 at 2500',
      'background 1 at 4000',
      'background 2 at 5000',
    ]);
  });

  test('serves urgent requests before inventory requests, each in order', async () => {
    const { clock, granted, ask } = start(1, 1);
    ask('first');
    ask('inventory 1');
    ask('inventory 2');
    ask('urgent 1', 'urgent');
    ask('urgent 2', 'urgent');
    await clock.advance(10_000);
    expect(granted).toEqual([
      'first at 0',
      'urgent 1 at 1000',
      'urgent 2 at 2000',
      'inventory 1 at 3000',
      'inventory 2 at 4000',
    ]);
  });

  test('keeps the token of a request that was canceled while it waited', async () => {
    const { clock, limiter, granted, ask } = start(1, 1);
    const stop = new AbortController();
    ask('first');
    ask('given up', 'urgent', stop.signal);
    ask('next');
    await clock.advance(400);
    stop.abort('stopping');
    await clock.advance(10_000);
    expect(granted).toEqual(['first at 0', 'given up gave up: stopping', 'next at 1000']);
    expect(limiter.waiting).toBe(0);
  });

  test('leaves no timer behind after all requests are canceled and serves later requests', async () => {
    const { clock, granted, ask } = start(1, 1);
    const stop = new AbortController();
    ask('first');
    ask('given up', 'inventory', stop.signal);
    await clock.advance(0);
    stop.abort('stopping');
    await clock.advance(0);
    expect(clock.sleeping()).toHaveLength(0);
    ask('next');
    await clock.advance(10_000);
    expect(granted.at(-1)).toBe('next at 1000');
  });

  test('rejects a request whose signal is already aborted', async () => {
    const { clock, limiter, granted, ask } = start();
    ask('late', 'urgent', AbortSignal.abort('stopping'));
    await clock.advance(0);
    expect(granted).toEqual(['late gave up: stopping']);
    expect(limiter.waiting).toBe(0);
  });

  test.each([
    [0, 5],
    [-1, 5],
    [Number.NaN, 5],
    [Number.POSITIVE_INFINITY, 5],
    [2, 0],
    [2, Number.NaN],
  ])('rejects %d requests per second with a burst of %d', (callsPerSecond, burst) => {
    expect(() => start(callsPerSecond, burst)).toThrow(RangeError);
  });
});

describe('a full bucket', () => {
  test('refills from the first response on, because AWS may not have seen the request before', async () => {
    const { clock, limiter } = start(2, 2);
    const granted: number[] = [];
    const ask = () => void limiter.acquire('inventory').then(() => granted.push(clock.monotonic()));
    for (let n = 0; n < 4; n++) {
      ask();
    }
    await clock.advance(700);
    limiter.onResponse();
    await clock.advance(10_000);
    expect(granted).toEqual([0, 0, 1_200, 1_700]);
  });

  test('refills after at most 2 s without a response', async () => {
    const { clock, limiter } = start(2, 1);
    const granted: number[] = [];
    for (let n = 0; n < 2; n++) {
      void limiter.acquire('inventory').then(() => granted.push(clock.monotonic()));
    }
    await clock.advance(10_000);
    expect(granted).toEqual([0, 2_500]);
  });
});

describe('throttling', () => {
  test('empties the bucket and halves the rate', async () => {
    const { clock, limiter, granted, ask } = start(2, 5);
    await clock.advance(10);
    limiter.onThrottle(5);
    expect(limiter.callsPerSecond).toBe(1);
    ask('a');
    ask('b');
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 1010', 'b at 2010']);
  });

  test('counts once for requests that were in flight together', async () => {
    const { clock, limiter } = start(2, 5);
    await clock.advance(10);
    for (const sentAt of [0, 3, 9]) {
      limiter.onThrottle(sentAt);
    }
    expect(limiter.callsPerSecond).toBe(1);
    await clock.advance(1_000);
    limiter.onThrottle(1_005);
    expect(limiter.callsPerSecond).toBe(0.5);
  });

  test('slows down a request that already waits', async () => {
    const { clock, limiter, granted, ask } = start(2, 1);
    ask('a');
    ask('b');
    await clock.advance(100);
    limiter.onThrottle(0);
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 0', 'b at 1100']);
  });

  test('never reduces the rate below its minimum', async () => {
    const { clock, limiter } = start(2, 5);
    for (let n = 0; n < 100; n += 1) {
      await clock.advance(1);
      limiter.onThrottle(clock.monotonic() - 0.5);
    }
    expect(limiter.callsPerSecond).toBe(0.125);
  });

  test('recovers step by step up to the configured rate', async () => {
    const { clock, limiter } = start(2, 5);
    await clock.advance(10);
    limiter.onThrottle(5);
    limiter.onSuccess();
    expect(limiter.callsPerSecond).toBeCloseTo(1.1);
    for (let n = 0; n < 50; n += 1) {
      limiter.onSuccess();
    }
    expect(limiter.callsPerSecond).toBe(2);
  });
});

describe('a changed rate', () => {
  test('applies to waiting requests, too', async () => {
    const { clock, limiter, granted, ask } = start(1, 1);
    for (const name of ['a', 'b', 'c']) {
      ask(name);
    }
    await clock.advance(500);
    limiter.configure({ callsPerSecond: 10, burst: 1 });
    await clock.advance(10_000);
    expect(granted).toEqual(['a at 0', 'b at 550', 'c at 650']);
  });

  test('keeps the reduction by throttling', () => {
    const { limiter } = start(2, 5);
    limiter.onThrottle(0);
    limiter.configure({ callsPerSecond: 4, burst: 5 });
    expect(limiter.callsPerSecond).toBe(2);
  });

  test.each([
    [0, 5],
    [2, 0],
  ])('is rejected if no request would ever be sent: %d per second, burst %d', (callsPerSecond, burst) => {
    expect(() => start().limiter.configure({ callsPerSecond, burst })).toThrow(RangeError);
  });
});

test('the expected wait is the wait of an inventory request that is queued now', async () => {
  const { clock, limiter, ask } = start(2, 2);
  expect(limiter.expectedWait).toBe(0);
  for (const name of ['a', 'b', 'c', 'd']) {
    ask(name);
  }
  await clock.advance(0);
  expect(limiter.expectedWait).toBe(1_500);
});
