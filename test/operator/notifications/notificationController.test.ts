import type { Logger } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApiClient } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import type { Informer } from '../../../src/kube/informer.ts';
import { type PolicyObject, PROVIDERS, type ProviderObject } from '../../../src/kube/resources.ts';
import type { NotifiedPolicy } from '../../../src/notifications/notices.ts';
import { NoticeStore } from '../../../src/operator/notifications/noticeStore.ts';
import { NotificationController } from '../../../src/operator/notifications/notificationController.ts';
import type { ProviderReconciler } from '../../../src/operator/notifications/providerReconciler.ts';
import { StatusNotWrittenError } from '../../../src/operator/notifications/providerStatusWriter.ts';
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

function controllerOf(
  cluster: ProviderCluster,
  notices: NoticeStore,
  reconciler: Pick<ProviderReconciler, 'reconcile' | 'forget'>,
): NotificationController {
  const informer = {
    get: () => cluster.object,
    list: () => [cluster.object],
    waitForSync: async () => {},
  } as unknown as Informer<ProviderObject>;
  const controller = new NotificationController({
    providers: informer,
    client: { request: async () => Promise.reject(new Error('unavailable')) } as unknown as ApiClient,
    notices,
    reconciler,
    lease: { mayAct: true },
    clock: cluster.clock,
    random: () => 0,
    log: { debug: () => {}, error: () => {} } as unknown as Logger,
    stopping: stopping.signal,
  });
  running.push(controller);
  void controller.runWorker();
  return controller;
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
  const controller = controllerOf(cluster, store, reconciler);
  const show = (policy: NotifiedPolicy) => {
    shownAt.set(policy.metadata.name, clock.monotonic());
    controller.observePolicy({ type: 'Added', object: policy as PolicyObject });
  };
  return { clock, show, delays, requests };
}

/** Starts the controller of a provider whose runs fail as given, and then succeed. Returns the times of the runs. */
function startFailing(failures: readonly Error[]) {
  const cluster = new ProviderCluster('slack');
  const { clock } = cluster;
  const runs: number[] = [];
  const controller = controllerOf(cluster, new NoticeStore(), {
    reconcile: async (object) => {
      const failure = failures[runs.push(clock.monotonic()) - 1];
      if (failure !== undefined) {
        throw failure;
      }
      return { object, requeueAfterMs: 3_600_000 };
    },
    forget: () => {},
  });
  controller.observeProvider({ type: 'Added', object: cluster.object });
  return { clock, runs };
}

describe('a run that fails', () => {
  test('because a renewal of the lease was late is repeated, although the lease was not lost', async () => {
    const { clock, runs } = startFailing([new StatusNotWrittenError('not written')]);
    await clock.advance(5 * SECOND);
    expect(runs).toHaveLength(2);
  });

  test('for an unexpected reason ends neither the worker nor the process, and is repeated', async () => {
    const { clock, runs } = startFailing([new TypeError('unexpected'), new TypeError('unexpected')]);
    await clock.advance(5 * SECOND);
    expect(runs).toHaveLength(3);
  });

  test('is repeated within 30 s, however long the API server was unavailable', async () => {
    const unavailable = new ApiError({ verb: 'patch', resource: PROVIDERS }, { code: 503, text: 'unavailable' });
    const { clock, runs } = startFailing(Array.from({ length: 100 }, () => unavailable));
    await clock.advance(60 * 60 * SECOND);
    const gaps = runs.slice(1).map((time, index) => time - (runs[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30 * SECOND);
    expect(runs).toHaveLength(101);
  });
});

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
