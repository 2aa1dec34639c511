import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canRunPods, Pod } from '../environment/pod.ts';
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
import { Scene, sharedCluster, until } from './scene.ts';

const MINUTES = 60_000;

describe('an operator that is cut off goes on by itself once that is over, and changes everything once', {
  concurrent: true,
}, () => {
  test(
    'connections are cut again and again, and refused for a while',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 40);
      const { scene, proxy } = remote;
      await scene.apply('no-visio', { interval: '5s' });
      for (const reached of [1, 10, 20, 30, 40]) {
        await until(() => expect(scene.changes().length).toBeGreaterThanOrEqual(reached));
        proxy.become('Refusing');
        proxy.cut();
        await alive(scene, sleep(1_500));
        proxy.become('Open');
        await sleep(500);
        proxy.cut();
      }
      await expectDone(scene);
      expectFewComplaints(scene, 2);
    },
    4 * MINUTES,
  );

  test(
    'everything falls silent, and nothing is changed once the leases are too old',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 60);
      const { scene, proxy } = remote;
      await scene.apply('no-visio', { interval: '5s' });
      await until(() => expect(scene.changes().length).toBeGreaterThan(5));
      proxy.become('Silent');
      const silentAt = Date.now();
      await alive(scene, sleep(10_000));
      expect(lastChangeAt(scene) - silentAt).toBeLessThan(RENEW_DEADLINE);
      proxy.become('Open');
      await expectDone(scene);
      expectFewComplaints(scene, 1);
    },
    4 * MINUTES,
  );

  test(
    'connections are lost without a sign while new ones can be made',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 4);
      const { scene, proxy } = remote;
      await scene.apply('other', { enforcement: 'Audit' });
      await scene.untilCondition('other', 'Ready', 'True');
      proxy.silence();
      await scene.apply('no-visio');
      // Within a minute and a half a watch takes another connection.
      await alive(
        scene,
        until(() => expect(scene.changes().length).toBeGreaterThan(0), 2 * MINUTES),
      );
      await expectDone(scene);
      expectFewComplaints(scene, 1);
    },
    4 * MINUTES,
  );

  test(
    'everything takes half a second longer',
    async () => {
      await using remote = await Remote.begin(sharedCluster(), 6, DEFAULT_TIMING);
      const { scene, proxy } = remote;
      proxy.become('Slow');
      await scene.apply('no-visio', { interval: '5s' });
      await expectDone(scene);
      expect(complaints(scene)).toEqual([]);
    },
    4 * MINUTES,
  );

  test.skipIf(!canRunPods())(
    'the token is revoked, and replaced later: nothing is changed in between',
    async () => {
      await using pod = await Pod.create(sharedCluster());
      await using scene = await Scene.begin(slowFleet(60), [], [], { pod });
      await scene.apply('no-visio', { interval: '5s' });
      await until(() => expect(scene.changes().length).toBeGreaterThan(5));
      await pod.revokeToken();
      await until(() => expect(complaints(scene).join('\n')).toContain('401'));
      const revokedAt = Date.now();
      await alive(scene, sleep(10_000));
      expect(lastChangeAt(scene) - revokedAt).toBeLessThan(RENEW_DEADLINE);
      expect(scene.changes().length).toBeLessThan(everyChangeOnce(scene).length);
      expect(complaints(scene).join('\n')).toContain("the service account's token");
      await pod.renewToken();
      await expectDone(scene);
      expectFewComplaints(scene, 1);
    },
    4 * MINUTES,
  );
});
