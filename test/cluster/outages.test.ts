import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { canRunPods, Pod } from '../environment/pod.ts';
import { ApiServerProxy } from './apiServerProxy.ts';
import { fleetOf, Scene, until, VISIO } from './scene.ts';

/** How long the API server is away, in seconds: longer than a lease lasts. */
const OUTAGE = Number(process.env.WSAP_OUTAGE_SECONDS ?? 20);
/** client-go's own, and what the operator has where nothing else is asked for. */
const DEFAULT_TIMING = ['--lease-duration', '15s', '--renew-deadline', '10s', '--retry-period', '2s'];
const RENEW_DEADLINE = 10_000;
/** Lines that tell that something is wrong, a minute. */
const FEW = 6;
const MINUTES = 60_000;

let cluster: ControlPlane;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-outages-'));
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

/** WorkSpaces that all have Visio, from which it is taken slowly enough for something to happen meanwhile. */
function slowFleet(workspaces: number) {
  return fleetOf(workspaces, 1, {
    faults: [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 250 }],
  });
}

/** What takes Visio from each WorkSpace, once. */
function everyChangeOnce({ simulator }: Scene): string[] {
  return simulator.simulated.workspaces
    .flatMap(({ workspaceId }) => [`Disassociate ${workspaceId} ${VISIO}`, `Deploy ${workspaceId}`])
    .sort();
}

/** When the last change was made, in milliseconds since 1970. */
function lastChangeAt({ simulator }: Scene): number {
  const changes = simulator.calls.list().filter(({ operation }) => /^(Disassociate|Associate|Deploy)/.test(operation));
  return Date.parse(changes.at(-1)?.time ?? '');
}

/** What the operator has logged that isn't as it should be. */
function complaints({ operator }: Scene): string[] {
  return operator.log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line));
}

/** A person can read them: so many lines for each minute that it took, and each trouble. */
function expectFewComplaints(scene: Scene, minutes: number): void {
  const lines = complaints(scene);
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(FEW * minutes);
}

/** It lives, and always has. */
async function expectOneLife({ operator }: Scene): Promise<void> {
  expect(operator.log.split('"msg":"operator started"')).toHaveLength(2);
  expect((await operator.get('/livez')).status).toBe(200);
}

async function expectDone(scene: Scene): Promise<void> {
  await scene.untilCondition('no-visio', 'Compliant', 'True');
  expect(scene.changes().sort()).toEqual(everyChangeOnce(scene));
  await expectOneLife(scene);
}

/** Probes answer as they should throughout some work. */
async function alive<T>({ operator }: Scene, work: Promise<T>): Promise<T> {
  const done = work.then(() => true);
  while (!(await Promise.race([done, sleep(500)]))) {
    for (const probe of ['/livez', '/readyz']) {
      const answer = await operator.get(probe);
      expect(await answer.text()).toBe('ok');
    }
  }
  return work;
}

/** Does something while there is no API server. */
async function withoutApiServer(work: () => Promise<void>): Promise<void> {
  await cluster.stopApiServer();
  try {
    await work();
  } finally {
    await cluster.startApiServer();
  }
}

/** An operator to which the API server is at the other end of a network of ours. */
class Remote implements AsyncDisposable {
  readonly proxy: ApiServerProxy;
  readonly scene: Scene;

  private constructor(proxy: ApiServerProxy, scene: Scene) {
    this.proxy = proxy;
    this.scene = scene;
  }

  static async begin(workspaces: number, flags: readonly string[] = []): Promise<Remote> {
    const { port } = new URL(/server: (\S+)/.exec(cluster.kubeconfig)?.[1] ?? '');
    const proxy = await ApiServerProxy.open(Number(port));
    const path = join(folder, `${proxy.port}.kubeconfig`);
    await writeFile(path, cluster.kubeconfig.replace(`:${port}`, `:${proxy.port}`));
    const stage = { cluster, operatorKubeconfigPath: path };
    return new Remote(proxy, await Scene.begin(slowFleet(workspaces), flags, [], stage));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

describe('where the network fails, the operator goes on by itself once it is over, and changes everything once', {
  concurrent: true,
}, () => {
  test(
    'connections are cut again and again, and refused for a while',
    async () => {
      await using remote = await Remote.begin(40);
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
      await using remote = await Remote.begin(60);
      const { scene, proxy } = remote;
      await scene.apply('no-visio', { interval: '5s' });
      await until(() => expect(scene.changes().length).toBeGreaterThan(5));
      proxy.become('Silent');
      const silentAt = Date.now();
      await alive(scene, sleep(10_000));
      // The renew deadline of tests is 4 s; a change that was begun before takes a moment.
      expect(lastChangeAt(scene) - silentAt).toBeLessThan(5_000);
      proxy.become('Open');
      await expectDone(scene);
      expectFewComplaints(scene, 1);
    },
    4 * MINUTES,
  );

  test(
    'connections are lost without a sign while new ones can be made',
    async () => {
      await using remote = await Remote.begin(4);
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
      await using remote = await Remote.begin(6, DEFAULT_TIMING);
      const { scene, proxy } = remote;
      proxy.become('Slow');
      await scene.apply('no-visio', { interval: '5s' });
      await expectDone(scene);
      expect(complaints(scene)).toEqual([]);
    },
    4 * MINUTES,
  );
});

test(
  `the API server is away for ${OUTAGE} s: nothing is changed without it, and everything once it is back`,
  async () => {
    await using scene = await Scene.begin(slowFleet(4 * OUTAGE), DEFAULT_TIMING, [], { cluster });
    await scene.apply('no-visio', { interval: '5s' });
    await until(() => expect(scene.changes().length).toBeGreaterThan(10));
    await withoutApiServer(async () => {
      const goneAt = Date.now();
      await alive(scene, sleep(OUTAGE * 1_000));
      expect(scene.changes().length).toBeLessThan(everyChangeOnce(scene).length);
      expect(lastChangeAt(scene) - goneAt).toBeLessThan(RENEW_DEADLINE);
      expect(complaints(scene).join('\n')).toContain('ECONNREFUSED');
    });
    const backAt = Date.now();
    await until(() => expect(lastChangeAt(scene)).toBeGreaterThan(backAt));
    await expectDone(scene);
    expectFewComplaints(scene, Math.ceil(OUTAGE / 60));
    expect(scene.operator.log).toContain('the API server answers again');
  },
  4 * MINUTES + 10 * OUTAGE * 1_000,
);

test(
  'while nothing can be watched, policies come and go and etcd is compacted: the operator sees what is there afterwards',
  async () => {
    await using remote = await Remote.begin(4);
    const { scene, proxy } = remote;
    const audit = { enforcement: 'Audit' } as const;
    await scene.apply('goes', audit);
    await scene.apply('stays', audit);
    await scene.untilCondition('goes', 'Ready', 'True');
    await scene.untilCondition('stays', 'Ready', 'True');

    proxy.become('Refusing');
    proxy.cut();
    await scene.kubectl('delete', 'wsap', 'goes');
    await scene.apply('no-visio');
    await cluster.compactEtcd();
    // Its watch cache still knows what etcd has forgotten.
    await withoutApiServer(async () => {});
    proxy.become('Open');

    await expectDone(scene);
    const metrics = await (await scene.operator.get('/metrics')).text();
    const infos = metrics.split('\n').filter((line) => line.startsWith('wsap_policy_info{'));
    expect(infos.map((line) => /name="([^"]+)"/.exec(line)?.[1]).sort()).toEqual(['no-visio', 'stays']);
    expect(complaints(scene).join('\n')).toContain('too old resource version');
    expectFewComplaints(scene, 1);
  },
  4 * MINUTES,
);

test.skipIf(!canRunPods())(
  'the token is revoked, and replaced later: nothing is changed in between',
  async () => {
    await using pod = await Pod.create(cluster);
    await using scene = await Scene.begin(slowFleet(60), [], [], { cluster, pod });
    await scene.apply('no-visio', { interval: '5s' });
    await until(() => expect(scene.changes().length).toBeGreaterThan(5));
    await pod.revokeToken();
    await until(() => expect(complaints(scene).join('\n')).toContain('401'));
    const revokedAt = Date.now();
    await alive(scene, sleep(10_000));
    // The renew deadline of tests is 4 s; a change that was begun before takes a moment.
    expect(lastChangeAt(scene) - revokedAt).toBeLessThan(5_000);
    expect(scene.changes().length).toBeLessThan(everyChangeOnce(scene).length);
    expect(complaints(scene).join('\n')).toContain("the service account's token");
    await pod.renewToken();
    await expectDone(scene);
    expectFewComplaints(scene, 1);
  },
  4 * MINUTES,
);
