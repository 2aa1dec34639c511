import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import type { PlanDocument } from '../../src/cli/plan/document.ts';
import { fleetOf, Scene } from './scene.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** `wsap` beside a scene's operator, with the same AWS and the same cluster. */
async function wsap(scene: Scene, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    KUBECONFIG: inject('kubeconfigPath'),
    AWS_ENDPOINT_URL: scene.simulator.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
  };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  return stdout;
}

/** The calls that a plan comes to, as the simulator tells of them. */
function callsIn({ policies }: PlanDocument): string[] {
  const changes = policies.flatMap((policy) => policy.changes).filter(({ heldBecause }) => heldBecause === undefined);
  return changes.flatMap(({ action, workspaceId, applicationId }) => [
    ...(action === 'Deploy' ? [] : [`${action} ${workspaceId} ${applicationId}`]),
    `Deploy ${workspaceId}`,
  ]);
}

test.concurrent('what is planned is what the operator then does, step by step', async () => {
  await using scene = await Scene.begin(fleetOf(12, 2));
  await scene.operator.stop();
  const connected = scene.simulator.simulated.workspaces[1]?.workspaceId ?? '';
  scene.simulator.simulated.setWorkspace(connected, { connection: 'CONNECTED' });
  await scene.apply('no-visio');

  const fast = ['--aws-requests-per-second', '500', '--aws-burst', '100'];
  const fromCluster = JSON.parse(await wsap(scene, 'plan', '-n', scene.namespace, '-o', 'json', ...fast));
  const file = join(tmpdir(), `${scene.namespace}.json`);
  await writeFile(file, await scene.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
  const inventory = join(tmpdir(), `${scene.namespace}.yaml`);
  await wsap(scene, 'inventory', '--output-file', inventory, ...fast);
  const fromFiles = JSON.parse(await wsap(scene, 'plan', '-f', file, '--inventory', inventory, '-o', 'json'));
  expect(fromFiles).toEqual(fromCluster);
  expect(fromCluster.summary).toEqual({ disassociate: 5, associate: 0, deploy: 5, held: 1, failed: 0 });
  expect(scene.changes()).toEqual([]);

  scene.operator.start();
  await scene.untilCondition('no-visio', 'Compliant', 'False', 'UserConnected');
  await expect.poll(() => scene.changes().length, { timeout: 60_000 }).toBe(10);
  expect(scene.changes()).toEqual(callsIn(fromCluster));
  const again = JSON.parse(await wsap(scene, 'plan', '-n', scene.namespace, '-o', 'json', ...fast));
  expect(again.policies[0].changes.map((one: { heldBecause: string }) => one.heldBecause)).toContain('UserConnected');
});
