import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually } from './clusterHarness.ts';
import {
  alive,
  complaints,
  everyChangeOnce,
  expectDone,
  expectFewComplaints,
  lastChangeAt,
  RENEW_DEADLINE,
  Remote,
  slowFleet,
} from './remote.ts';

/** How long the API server is away, in seconds: longer than a lease lasts. */
const OUTAGE = Number(process.env.WSAP_OUTAGE_SECONDS ?? 10);
const MINUTES = 60_000;

/** This file's own, as it takes it away. */
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(() => cluster?.stop());

/** Does something while there is no API server. */
async function withoutApiServer(work: () => Promise<void>): Promise<void> {
  await cluster.stopApiServer();
  try {
    await work();
  } finally {
    await cluster.startApiServer();
  }
}

test(
  `the API server is away for ${OUTAGE} s: nothing is changed without it, and everything once it is back`,
  async () => {
    await using harness = await ClusterHarness.begin(slowFleet(4 * OUTAGE), [], [], { cluster });
    await harness.apply('no-visio', { interval: '5s' });
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(10));
    await withoutApiServer(async () => {
      const goneAt = Date.now();
      await alive(harness, sleep(OUTAGE * 1_000));
      expect(harness.changes().length).toBeLessThan(everyChangeOnce(harness).length);
      expect(lastChangeAt(harness) - goneAt).toBeLessThan(RENEW_DEADLINE);
      expect(complaints(harness).join('\n')).toMatch(/ECONNREFUSED|socket hang up/);
    });
    const backAt = Date.now();
    await eventually(() => expect(lastChangeAt(harness)).toBeGreaterThan(backAt));
    await expectDone(harness);
    expectFewComplaints(harness, Math.ceil(OUTAGE / 60));
    expect(harness.operator.log).toContain('the API server is reachable again');
  },
  4 * MINUTES + 10 * OUTAGE * 1_000,
);

test(
  'while nothing can be watched, policies come and go and etcd is compacted: the operator sees what is there afterwards',
  async () => {
    await using remote = await Remote.begin(cluster, 4);
    const { harness, proxy } = remote;
    const audit = { enforcement: 'Audit' } as const;
    await harness.apply('goes', audit);
    await harness.apply('stays', audit);
    await harness.untilCondition('goes', 'Ready', 'True');
    await harness.untilCondition('stays', 'Ready', 'True');

    proxy.become('Refusing');
    proxy.cut();
    await harness.kubectl('delete', 'wsap', 'goes');
    await harness.apply('no-visio');
    await cluster.compactEtcd();
    // Its watch cache still knows what etcd has forgotten.
    await withoutApiServer(async () => {});
    proxy.become('Open');

    await expectDone(harness);
    const metrics = await (await harness.operator.get('/metrics')).text();
    const infos = metrics.split('\n').filter((line) => line.startsWith('wsap_policy_info{'));
    expect(infos.map((line) => /name="([^"]+)"/.exec(line)?.[1]).sort()).toEqual(['no-visio', 'stays']);
    expect(complaints(harness).join('\n')).toContain('too old resource version');
    expectFewComplaints(harness, 1);
  },
  4 * MINUTES,
);

test(
  'nothing can be written, as etcd is full: nothing is changed that no status shows, and everything once there is room',
  async () => {
    await using harness = await ClusterHarness.begin(slowFleet(40), [], [], { cluster });
    await harness.apply('no-visio', { interval: '5s' });
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(10));
    await cluster.fillEtcd();
    const fullAt = Date.now();
    await alive(harness, sleep(10_000));
    expect(lastChangeAt(harness) - fullAt).toBeLessThan(RENEW_DEADLINE);
    expect(harness.changes().length).toBeLessThan(everyChangeOnce(harness).length);
    expect(complaints(harness).join('\n')).toContain('database space exceeded');
    await cluster.makeRoomInEtcd();
    await expectDone(harness);
    expectFewComplaints(harness, 2);
  },
  4 * MINUTES,
);
