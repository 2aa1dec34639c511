import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually } from './clusterHarness.ts';
import {
  duringRemoval,
  expectConverged,
  expectedChanges,
  expectFewWarnings,
  LEASE_DURATION_MS,
  lastChangeAt,
  ProxiedHarness,
  slowFleet,
  warningsOf,
  whileHealthy,
} from './proxiedHarness.ts';

/** Duration of the API server's outage in seconds. Longer than a lease. */
const OUTAGE_SECONDS = Number(process.env.WSAP_OUTAGE_SECONDS ?? 10);
const MINUTE_MS = 60_000;

/** Cluster of this file, because the tests stop its API server. */
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(() => cluster?.stop());

/** Runs work while the API server is stopped. */
async function withoutApiServer(work: () => Promise<void>): Promise<void> {
  await cluster.stopApiServer();
  try {
    await work();
  } finally {
    await cluster.startApiServer();
  }
}

test(
  `the API server is unavailable for ${OUTAGE_SECONDS} s, and the operator makes no change during the outage and all changes afterward`,
  async () => {
    await using harness = await ClusterHarness.start(slowFleet(4 * OUTAGE_SECONDS), [], [], { cluster });
    await harness.apply('no-visio', { interval: '5s' });
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(10));
    await duringRemoval(harness, () =>
      withoutApiServer(async () => {
        const goneAt = Date.now();
        await whileHealthy(harness, sleep(OUTAGE_SECONDS * 1_000));
        expect(harness.changes().length).toBeLessThan(expectedChanges(harness).length);
        expect(lastChangeAt(harness) - goneAt).toBeLessThan(LEASE_DURATION_MS);
        await eventually(() =>
          expect(warningsOf(harness).join('\n')).toMatch(
            /ECONNREFUSED|ECONNRESET|socket hang up|apiserver is shutting down/,
          ),
        );
      }),
    );
    const before = harness.changes().length;
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(before));
    await expectConverged(harness);
    // After the outage, each of the four watches fails, and each of the leases can be late on its own.
    expectFewWarnings(harness, 1 + Math.ceil(OUTAGE_SECONDS / 60));
    await eventually(() => expect(harness.operator.log).toContain('the API server is reachable again'));
  },
  4 * MINUTE_MS + 10 * OUTAGE_SECONDS * 1_000,
);

test(
  'the operator sees the current policies after policies changed and etcd was compacted while watches failed',
  async () => {
    await using proxied = await ProxiedHarness.start(cluster, 4);
    const { harness, proxy } = proxied;
    const audit = { enforcement: 'Audit' } as const;
    await harness.apply('goes', audit);
    await harness.apply('stays', audit);
    await harness.waitForCondition('goes', 'Ready', 'True');
    await harness.waitForCondition('stays', 'Ready', 'True');

    proxy.setMode('Refusing');
    proxy.resetConnections();
    await harness.kubectl('delete', 'wsap', 'goes');
    await harness.apply('no-visio');
    await cluster.compactEtcd();
    // A restart clears the watch cache, which still contains revisions that etcd has compacted.
    await withoutApiServer(async () => {});
    proxy.setMode('Open');

    await expectConverged(harness);
    const metrics = await (await harness.operator.get('/metrics')).text();
    const infos = metrics.split('\n').filter((line) => line.startsWith('wsap_policy_info{'));
    expect(infos.map((line) => /name="([^"]+)"/.exec(line)?.[1]).sort()).toEqual(['no-visio', 'stays']);
    expect(warningsOf(harness).join('\n')).toContain('too old resource version');
    // Each of the four watches fails, and each of the leases can be late on its own.
    expectFewWarnings(harness, 2);
  },
  4 * MINUTE_MS,
);

test(
  'the operator makes no change while etcd is full, and all changes afterward',
  async () => {
    await using harness = await ClusterHarness.start(slowFleet(40), [], [], { cluster });
    await harness.apply('no-visio', { interval: '5s' });
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(10));
    await duringRemoval(harness, async () => {
      await cluster.fillEtcd();
      const fullAt = Date.now();
      await whileHealthy(harness, sleep(10_000));
      expect(lastChangeAt(harness) - fullAt).toBeLessThan(LEASE_DURATION_MS);
      expect(harness.changes().length).toBeLessThan(expectedChanges(harness).length);
      await eventually(() => expect(warningsOf(harness).join('\n')).toContain('database space exceeded'));
    });
    await cluster.makeRoomInEtcd();
    await expectConverged(harness);
    expectFewWarnings(harness, 2);
  },
  4 * MINUTE_MS,
);
