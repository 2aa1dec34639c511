import { describe, expect, test } from 'vitest';
import { WorkQueue } from '../../../src/kube/queue.ts';
import { drainNotifications } from '../../../src/operator/notifications/drain.ts';
import { VirtualClock } from '../../fakes/clock.ts';

/** Starts to drain a queue whose only run lasts until `finish` is called. */
async function start() {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const requests = new AbortController();
  queue.add('desktops');
  await queue.get();
  const running = Promise.withResolvers<void>();
  const state = { isDrained: false };
  const draining = drainNotifications(queue, [running.promise], requests, clock).then(() => {
    state.isDrained = true;
  });
  const finish = () => {
    queue.done('desktops');
    running.resolve();
  };
  return { clock, requests, state, draining, finish };
}

describe('the end of notifications', () => {
  test('waits for a request in progress, and aborts nothing', async () => {
    const { clock, requests, draining, state, finish } = await start();
    await clock.advance(4_000);
    expect(state.isDrained).toBe(false);
    finish();
    await draining;
    await clock.advance(60_000);
    expect(requests.signal.aborted).toBe(false);
  });

  test('aborts a request that takes longer, and waits for its result', async () => {
    const { clock, requests, draining, state, finish } = await start();
    requests.signal.addEventListener('abort', finish);
    await clock.advance(4_999);
    expect(requests.signal.aborted).toBe(false);
    await clock.advance(1);
    await draining;
    expect([requests.signal.aborted, state.isDrained]).toEqual([true, true]);
  });

  test('does not wait for an API server that never responds', async () => {
    const { clock, draining, state } = await start();
    await clock.advance(9_999);
    expect(state.isDrained).toBe(false);
    await clock.advance(1);
    await draining;
    expect(state.isDrained).toBe(true);
  });
});
