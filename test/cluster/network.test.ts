import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canRunPods, Pod } from '../environment/pod.ts';
import { ClusterHarness, eventually, sharedCluster } from './clusterHarness.ts';
import { DEFAULT_TIMING } from './operatorProcess.ts';
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

const MINUTE_MS = 60_000;

describe('the operator recovers automatically from network failures, and makes each change once', {
  concurrent: true,
}, () => {
  test(
    'connections are reset repeatedly and rejected temporarily',
    async () => {
      await using proxied = await ProxiedHarness.start(sharedCluster(), 40);
      const { harness, proxy } = proxied;
      await harness.apply('no-visio', { interval: '5s' });
      for (const reached of [1, 10, 20, 30, 40]) {
        await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(reached));
        proxy.setMode('Refusing');
        proxy.resetConnections();
        await whileHealthy(harness, sleep(1_500));
        proxy.setMode('Open');
        await sleep(500);
        proxy.resetConnections();
      }
      await expectConverged(harness);
      expectFewWarnings(harness, 2);
    },
    4 * MINUTE_MS,
  );

  test(
    'all connections freeze, and the operator makes no change after its leases expire',
    async () => {
      await using proxied = await ProxiedHarness.start(sharedCluster(), 60);
      const { harness, proxy } = proxied;
      await harness.apply('no-visio', { interval: '5s' });
      await eventually(() => expect(harness.changes().length).toBeGreaterThan(5));
      proxy.setMode('Silent');
      const silentAt = Date.now();
      await whileHealthy(harness, sleep(10_000));
      expect(lastChangeAt(harness) - silentAt).toBeLessThan(LEASE_DURATION_MS);
      proxy.setMode('Open');
      await expectConverged(harness);
      expectFewWarnings(harness, 1);
    },
    4 * MINUTE_MS,
  );

  test(
    'existing connections freeze, but new ones work',
    async () => {
      await using proxied = await ProxiedHarness.start(sharedCluster(), 4);
      const { harness, proxy } = proxied;
      await harness.apply('other', { enforcement: 'Audit' });
      await harness.waitForCondition('other', 'Ready', 'True');
      proxy.freezeConnections();
      await harness.apply('no-visio');
      // A watch uses a new connection within 90 seconds.
      await whileHealthy(
        harness,
        eventually(() => expect(harness.changes().length).toBeGreaterThan(0), 2 * MINUTE_MS),
      );
      await expectConverged(harness);
      expectFewWarnings(harness, 1);
    },
    4 * MINUTE_MS,
  );

  test(
    'all traffic is delayed by half a second',
    async () => {
      // The operators of the other tests write the cluster lease more often than a slow connection can follow.
      const flags = [...DEFAULT_TIMING, '--cluster-lease-namespace', 'default'];
      await using proxied = await ProxiedHarness.start(sharedCluster(), 6, flags);
      const { harness, proxy } = proxied;
      proxy.setMode('Slow');
      await harness.apply('no-visio', { interval: '5s' });
      await expectConverged(harness);
      expect(warningsOf(harness)).toEqual([]);
    },
    4 * MINUTE_MS,
  );

  test.skipIf(!canRunPods())(
    'the token is revoked and later replaced, and the operator makes no change in between',
    async () => {
      await using pod = await Pod.create(sharedCluster());
      await using harness = await ClusterHarness.start(slowFleet(60), [], [], { pod });
      await harness.apply('no-visio', { interval: '5s' });
      await eventually(() => expect(harness.changes().length).toBeGreaterThan(5));
      // The API server accepts a revoked token for some time, because it caches the result of the authentication.
      await duringRemoval(harness, async () => {
        await pod.revokeToken();
        await eventually(() => expect(warningsOf(harness).join('\n')).toContain('401'));
        const revokedAt = Date.now();
        await whileHealthy(harness, sleep(10_000));
        expect(lastChangeAt(harness) - revokedAt).toBeLessThan(LEASE_DURATION_MS);
        expect(harness.changes().length).toBeLessThan(expectedChanges(harness).length);
        await eventually(() => expect(warningsOf(harness).join('\n')).toContain('the token of the service account'));
      });
      await pod.renewToken();
      await expectConverged(harness);
      expectFewWarnings(harness, 1);
    },
    4 * MINUTE_MS,
  );
});
