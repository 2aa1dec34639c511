import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fleetOf, OFFICE, VISIO } from '../cluster/clusterHarness.ts';
import { having, removals } from './account.ts';
import { eventually } from './eventually.ts';
import { Installation } from './installation.ts';
import { measure } from './measure.ts';
import { podOf } from './pods.ts';

/** Only a cluster of the tests may lose its node. */
const ownsNode = inject('cluster').ctr !== undefined;

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
  const values = { replicaCount: 2, podDisruptionBudget: { create: true } };
  await installation.deploy(installation.values(values));
  await installation.waitForReady(2);
});
afterAll(() => installation[Symbol.asyncDispose]());

test('when the owner of a fleet is deleted, another replica continues its work', async () => {
  const owner = await installation.waitForOwner();
  const affected = having(installation.aws, VISIO);

  await installation.kubectl('delete', 'pod', podOf(owner), '--wait=false');
  await measure('takeover after a deleted pod', () => installation.waitForOwner((one) => one !== owner));
  await installation.enforce('no-visio', 'Visio');

  expect(removals(installation.aws).sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  expect(await installation.waitForReady(2)).not.toContain(podOf(owner));
});

test.skipIf(!ownsNode)(
  'when the owner of a fleet is killed, another process continues its work, and the kubelet restarts its container',
  async () => {
    const owner = await installation.waitForOwner();
    const affected = having(installation.aws, OFFICE);

    await installation.signal(podOf(owner), 'SIGKILL');
    // Either replica can take over: the killed one starts again before the lease of its earlier process ends.
    await measure('takeover after kill -9', () => installation.waitForOwner((one) => one !== owner));
    await installation.enforce('no-office', 'Office');

    const removed = removals(installation.aws).filter((removal) => removal.endsWith(OFFICE));
    expect(removed.sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${OFFICE}`).sort());
    await eventually(async () => {
      const { status } = await installation.pod(podOf(owner));
      expect(status.containerStatuses).toMatchObject([
        { restartCount: 1, ready: true, lastState: { terminated: { exitCode: 137 } } },
      ]);
    });
  },
);

test.skipIf(!ownsNode)('a drain hands the fleet over and leaves one replica, until pods can run again', async () => {
  const before = await installation.waitForReady(2);
  const node = (await installation.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const selector = ['--pod-selector=app.kubernetes.io/component=operator', '--ignore-daemonsets'];

  // The budget permits one eviction, and its replacement can't start on the only node.
  await installation.kubectl('cordon', node);
  const drained = installation.kubectl('drain', node, ...selector, '--timeout=30s');
  await expect(drained).rejects.toThrow("violate the pod's disruption budget");
  const [remaining, ...others] = (await installation.pods())
    .map(({ metadata }) => metadata.name)
    .filter((pod) => before.includes(pod));
  expect(others).toEqual([]);
  await installation.waitForOwner((owner) => podOf(owner) === remaining);

  await installation.kubectl('uncordon', node);
  expect(await installation.waitForReady(2)).toContain(remaining);
});
