import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canRunPods, Pod } from '../environment/pod.ts';
import { ClusterHarness, eventually, sharedCluster } from './clusterHarness.ts';
import { DEFAULT_TIMING } from './operatorProcess.ts';
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

const MINUTES = 60_000;

describe('an operator that is cut off goes on by itself once that is over, and changes everything once', {
  concurrent: true,
}, () => {
  test(
    'connections are cut again and again, and refused for a while',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 40);
      const { harness, proxy } = remote;
      await harness.apply('no-visio', { interval: '5s' });
      for (const reached of [1, 10, 20, 30, 40]) {
        await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(reached));
        proxy.become('Refusing');
        proxy.cut();
        await alive(harness, sleep(1_500));
        proxy.become('Open');
        await sleep(500);
        proxy.cut();
      }
      await expectDone(harness);
      expectFewComplaints(harness, 2);
    },
    4 * MINUTES,
  );

  test(
    'everything falls silent, and nothing is changed once the leases are too old',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 60);
      const { harness, proxy } = remote;
      await harness.apply('no-visio', { interval: '5s' });
      await eventually(() => expect(harness.changes().length).toBeGreaterThan(5));
      proxy.become('Silent');
      const silentAt = Date.now();
      await alive(harness, sleep(10_000));
      expect(lastChangeAt(harness) - silentAt).toBeLessThan(RENEW_DEADLINE);
      proxy.become('Open');
      await expectDone(harness);
      expectFewComplaints(harness, 1);
    },
    4 * MINUTES,
  );

  test(
    'connections are lost without a sign while new ones can be made',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 4);
      const { harness, proxy } = remote;
      await harness.apply('other', { enforcement: 'Audit' });
      await harness.untilCondition('other', 'Ready', 'True');
      proxy.silence();
      await harness.apply('no-visio');
      // Within a minute and a half a watch takes another connection.
      await alive(
        harness,
        eventually(() => expect(harness.changes().length).toBeGreaterThan(0), 2 * MINUTES),
      );
      await expectDone(harness);
      expectFewComplaints(harness, 1);
    },
    4 * MINUTES,
  );

  test(
    'everything takes half a second longer',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 6, DEFAULT_TIMING);
      const { harness, proxy } = remote;
      proxy.become('Slow');
      await harness.apply('no-visio', { interval: '5s' });
      await expectDone(harness);
      expect(complaints(harness)).toEqual([]);
    },
    4 * MINUTES,
  );

  test.skipIf(!canRunPods())(
    'the token is revoked, and replaced later: nothing is changed in between',
    async () => {
      await using pod = await Pod.create(sharedCluster());
      await using harness = await ClusterHarness.begin(slowFleet(60), [], [], { pod });
      await harness.apply('no-visio', { interval: '5s' });
      await eventually(() => expect(harness.changes().length).toBeGreaterThan(5));
      await pod.revokeToken();
      await eventually(() => expect(complaints(harness).join('\n')).toContain('401'));
      const revokedAt = Date.now();
      await alive(harness, sleep(10_000));
      expect(lastChangeAt(harness) - revokedAt).toBeLessThan(RENEW_DEADLINE);
      expect(harness.changes().length).toBeLessThan(everyChangeOnce(harness).length);
      expect(complaints(harness).join('\n')).toContain("the service account's token");
      await pod.renewToken();
      await expectDone(harness);
      expectFewComplaints(harness, 1);
    },
    4 * MINUTES,
  );
});
