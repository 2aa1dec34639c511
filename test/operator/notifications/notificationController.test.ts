import type { Logger } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApiClient } from '../../../src/kube/apiClient.ts';
import type { Informer } from '../../../src/kube/informer.ts';
import type { PolicyObject, ProviderObject } from '../../../src/kube/resources.ts';
import type { NotifiedPolicy } from '../../../src/notifications/notices.ts';
import { NoticeStore } from '../../../src/operator/notifications/noticeStore.ts';
import { NotificationController } from '../../../src/operator/notifications/notificationController.ts';
import { waitingPolicy } from '../../notifications/policies.ts';
import { ProviderCluster } from './providerCluster.ts';

const SECOND = 1_000;
const stopping = new AbortController();
const running: NotificationController[] = [];
afterEach(() => {
  for (const controller of running.splice(0)) {
    controller.queue.shutDown();
  }
});

interface Duration {
  /** Duration of each request to the API server. */
  readonly apiMs: number;
  /** Time until the receiver responds. */
  readonly receiverMs: number;
}

/** Starts the controller of a provider. Returns functions that show a waiting plan, and the delays until its requests. */
function start({ apiMs, receiverMs }: Duration) {
  const cluster = new ProviderCluster('generic-hmac');
  cluster.latencyMs = apiMs;
  const { clock } = cluster;
  const store = new NoticeStore();
  const shownAt = new Map<string, number>();
  const delays = new Map<string, number[]>();
  const requests: number[] = [];
  const reconciler = cluster.process({
    notices: () => store.all(),
    notifier: {
      send: async (_, { body }) => {
        const names: string[] = JSON.parse(body).notifications.map(
          ({ involvedObject: { name } }: { involvedObject: { name: string } }) => name,
        );
        requests.push(names.length);
        for (const name of names) {
          delays.set(name, [...(delays.get(name) ?? []), clock.monotonic() - (shownAt.get(name) ?? 0)]);
        }
        await clock.sleep(receiverMs);
        return { kind: 'Accepted' };
      },
    },
  });
  const informer = {
    get: () => cluster.object,
    list: () => [cluster.object],
    waitForSync: async () => {},
  } as unknown as Informer<ProviderObject>;
  const controller = new NotificationController({
    providers: informer,
    client: {} as ApiClient,
    notices: store,
    reconciler,
    lease: { mayAct: true },
    clock,
    random: () => 0,
    log: { debug: () => {} } as unknown as Logger,
    stopping: stopping.signal,
  });
  running.push(controller);
  void controller.runWorker();
  const show = (policy: NotifiedPolicy) => {
    shownAt.set(policy.metadata.name, clock.monotonic());
    controller.observePolicy({ type: 'Added', object: policy as PolicyObject });
  };
  return { clock, show, delays, requests };
}

describe('a plan that awaits approval', () => {
  test('reaches the receiver within 10 s and once, also while the API server is slow', async () => {
    const { clock, show, delays } = start({ apiMs: 3 * SECOND, receiverMs: 1 * SECOND });
    show(waitingPolicy());
    await clock.advance(60 * SECOND);
    expect([...delays.values()]).toEqual([[expect.any(Number)]]);
    expect(delays.get('no-visio')?.[0]).toBeLessThanOrEqual(10 * SECOND);
  });

  test('is not delayed by the plans that follow it', async () => {
    const { clock, show, delays, requests } = start({ apiMs: 500, receiverMs: 1 * SECOND });
    for (let n = 0; n < 60; n++) {
      show(waitingPolicy(`policy-${n}`));
      await clock.advance(1 * SECOND);
    }
    await clock.advance(60 * SECOND);
    expect(delays.size).toBe(60);
    expect(Math.max(...[...delays.values()].flat())).toBeLessThanOrEqual(10 * SECOND);
    expect([...delays.values()].every(({ length }) => length === 1)).toBe(true);
    expect(requests.length).toBeLessThan(40);
  });

  test('shares messages with the plans that the same pass of a fleet shows', async () => {
    const { clock, show, delays, requests } = start({ apiMs: 100, receiverMs: 500 });
    for (let n = 0; n < 100; n++) {
      show(waitingPolicy(`policy-${n}`));
      await clock.advance(20);
    }
    await clock.advance(60 * SECOND);
    expect(delays.size).toBe(100);
    expect(Math.max(...[...delays.values()].flat())).toBeLessThanOrEqual(10 * SECOND);
    expect(requests).toEqual([20, 20, 20, 20, 20]);
  });
});
