import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleInto } from '../bench/measuredOperator.ts';
import { canRunPods, Pod } from '../environment/pod.ts';
import { ClusterHarness, eventuallyReported, fleetOf, OFFICE, sharedCluster, VISIO } from './clusterHarness.ts';

/** The other tests run the sources. `npm run bench` measures the resident memory, which also depends on the load of the machine. */
describe('the operator of the bundle', () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wsap-bundle-'));
    program = await bundleInto(join(folder, 'bundle'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Returns the environment of an operator that exits if its heap without young objects exceeds this size (MiB). */
  function withHeapOf(mebibytes: number) {
    return { NODE_OPTIONS: `--max-old-space-size=${mebibytes}` };
  }

  async function removesVisio(pod?: Pod): Promise<void> {
    await using harness = await ClusterHarness.start(fleetOf(20, 4), [], [], {
      program,
      operatorEnv: withHeapOf(40),
      ...(pod && { pod }),
    });
    const having = [...harness.statesOf(VISIO).keys()];
    await harness.apply('no-visio');
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(having).toHaveLength(5);
    expect(new Set(harness.statesOf(VISIO).values())).toEqual(new Set(['REMOVED']));
    expect(new Set(harness.statesOf(OFFICE).values())).toEqual(new Set(['COMPLETED']));
    expect(await (await harness.operator.get('/metrics')).text()).toContain('wsap_policy_info');
    expect(await harness.operator.stop()).toBe(0);
  }

  test('with a kubeconfig, it removes a denied application with a heap of 40 MiB', () => removesVisio());

  test.skipIf(!canRunPods())('in a pod, it removes a denied application with a heap of 40 MiB', async () => {
    await using pod = await Pod.create(sharedCluster());
    await removesVisio(pod);
  });

  test('it reads three applications on each of 10,000 WorkSpaces with a heap of 96 MiB', async () => {
    const third = { applicationID: 'wsa-project2021', name: 'Microsoft Project Professional 2021' };
    const { applications = [], ...seed } = fleetOf(0, 1);
    const ids = [OFFICE, VISIO, third.applicationID];
    const fleet = {
      ...seed,
      applications: [...applications, third],
      generate: [{ count: 10_000, idPrefix: 'demo', userPrefix: 'user', applications: ids }],
    };
    await using harness = await ClusterHarness.start(fleet, [], [], { program, operatorEnv: withHeapOf(96) });
    await harness.apply('only-office', {
      enforcement: 'Audit',
      applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
    });
    await eventuallyReported(async () =>
      expect((await harness.policy('only-office')).status?.compliance?.selected).toBe(10_000),
    );
    expect(await harness.operator.stop()).toBe(0);
  });
});
