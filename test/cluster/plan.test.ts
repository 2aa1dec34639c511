import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlanDocument } from '../../src/cli/plan/document.ts';
import { fleetOf, Scene } from './scene.ts';
import { wsap } from './wsap.ts';

/** The calls that a plan comes to, as the simulator tells of them. */
function callsIn({ policies }: PlanDocument): string[] {
  const changes = policies.flatMap((policy) => policy.changes).filter(({ holdReason }) => holdReason === undefined);
  return changes.flatMap(({ action, workspaceID, applicationID }) => [
    ...(action === 'Deploy' ? [] : [`${action} ${workspaceID} ${applicationID}`]),
    `Deploy ${workspaceID}`,
  ]);
}

test.concurrent('what is planned is what the operator then does, step by step', async () => {
  await using scene = await Scene.begin(fleetOf(12, 2));
  await scene.operator.stop();
  const connected = scene.simulator.simulated.workspaces[1]?.workspaceID ?? '';
  scene.simulator.simulated.setWorkspace(connected, { connection: 'CONNECTED' });
  await scene.apply('no-visio');

  const fast = ['--aws-requests-per-second', '500', '--aws-burst', '100'];
  const fromCluster = JSON.parse(
    (await wsap(scene, 'plan', '-n', scene.namespace, '--operator-namespace', scene.namespace, '-o', 'json', ...fast))
      .stdout,
  );
  const file = join(tmpdir(), `${scene.namespace}.json`);
  await writeFile(file, await scene.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
  const inventory = join(tmpdir(), `${scene.namespace}.yaml`);
  await wsap(scene, 'inventory', '--output-file', inventory, ...fast);
  const fromFiles = JSON.parse((await wsap(scene, 'plan', '-f', file, '--inventory', inventory, '-o', 'json')).stdout);
  expect(fromFiles).toEqual(fromCluster);
  expect(fromCluster.summary).toEqual({ disassociate: 5, associate: 0, deploy: 5, held: 1, failed: 0 });
  expect(scene.changes()).toEqual([]);

  scene.operator.start();
  await scene.untilCondition('no-visio', 'Compliant', 'False', 'UserConnected');
  await expect.poll(() => scene.changes().length, { timeout: 60_000 }).toBe(10);
  expect(scene.changes()).toEqual(callsIn(fromCluster));
  const again = JSON.parse(
    (await wsap(scene, 'plan', '-n', scene.namespace, '--operator-namespace', scene.namespace, '-o', 'json', ...fast))
      .stdout,
  );
  expect(again.policies[0].changes.map((one: { holdReason: string }) => one.holdReason)).toContain('UserConnected');
});

test.concurrent('files are planned as if they were applied to the cluster, whose policies have their say', async () => {
  await using scene = await Scene.begin(fleetOf(4, 2));
  await scene.apply('no-visio', { enforcement: 'Audit' });
  await scene.apply('keep-visio', {
    enforcement: 'Enforce',
    priority: 10,
    workspaceSelector: { workspaceIDs: ['ws-demo0002'] },
    applications: { allowed: [{ name: 'Microsoft Visio*' }] },
  });
  await scene.untilCondition('no-visio', 'Ready', 'True');
  const live = JSON.parse(await scene.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
  const file = join(tmpdir(), `${scene.namespace}-enforce.json`);
  const { apiVersion, kind, spec } = live;
  const metadata = { name: 'no-visio', namespace: scene.namespace };
  await writeFile(file, JSON.stringify({ apiVersion, kind, metadata, spec: { ...spec, enforcement: 'Enforce' } }));
  const fast = ['--aws-requests-per-second', '500', '--aws-burst', '100'];
  const flags = ['plan', '-f', file, '-o', 'json', '--operator-namespace', scene.namespace, ...fast];

  const alone: PlanDocument = JSON.parse((await wsap(scene, ...flags)).stdout);
  expect(alone.summary).toMatchObject({ disassociate: 2 });
  const together: PlanDocument = JSON.parse((await wsap(scene, ...flags, '--merge-cluster')).stdout);
  expect(together.policies.map(({ name, enforcement }) => [name, enforcement])).toEqual([['no-visio', 'Enforce']]);
  expect(together.summary).toMatchObject({ disassociate: 1 });
  const compared = await wsap(scene, ...flags, '--merge-cluster', '--diff-against', file, '--detailed-exitcode');
  expect(compared).toMatchObject({ code: 0, stdout: '[]\n' });
});
