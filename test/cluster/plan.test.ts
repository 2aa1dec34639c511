import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlanDocument } from '../../src/cli/actions/plan/document.ts';
import { ClusterHarness, eventually, fleetOf } from './clusterHarness.ts';
import { HIGH_RATE } from './operatorProcess.ts';
import { wsap } from './wsapCommand.ts';

/** Returns the calls that a plan requires, in the format of `ClusterHarness.changes`. */
function plannedCalls({ policies }: PlanDocument): string[] {
  const changes = policies.flatMap((policy) => policy.changes).filter(({ holdReason }) => holdReason === undefined);
  return changes.flatMap(({ action, workspaceID, applicationID }) => [
    ...(action === 'Deploy' ? [] : [`${action} ${workspaceID} ${applicationID}`]),
    `Deploy ${workspaceID}`,
  ]);
}

/** Returns the plan of the policies in the namespace of a harness. */
async function planOf(harness: ClusterHarness) {
  const namespaces = ['-n', harness.namespace, '--operator-namespace', harness.namespace];
  return JSON.parse((await wsap(harness, 'plan', ...namespaces, '-o', 'json', ...HIGH_RATE)).stdout);
}

test.concurrent('wsap plan shows exactly the changes that the operator then makes', async () => {
  await using harness = await ClusterHarness.start(fleetOf(12, 2));
  await harness.operator.stop();
  const connected = harness.simulator.simulated.workspaces[1]?.workspaceID ?? '';
  harness.simulator.simulated.setWorkspace(connected, { connection: 'CONNECTED' });
  // Without a limit of failures, the first WorkSpace of the rollout doesn't go alone.
  await harness.apply('no-visio', { rollout: { maxFailures: '100%' } });

  const fromCluster = await planOf(harness);
  const file = join(tmpdir(), `${harness.namespace}.json`);
  await writeFile(file, await harness.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
  // Without its fleet, an estimate uses the documented rate.
  const fleet = join(tmpdir(), `${harness.namespace}-fleet.json`);
  await writeFile(fleet, JSON.stringify(await harness.fleet('own')));
  const inventory = join(tmpdir(), `${harness.namespace}.yaml`);
  await wsap(harness, 'inventory', '--output-file', inventory, ...HIGH_RATE);
  const fromFiles = JSON.parse(
    (await wsap(harness, 'plan', '-f', file, '-f', fleet, '--inventory', inventory, '-o', 'json')).stdout,
  );
  expect(fromFiles).toEqual(fromCluster);
  expect(fromCluster.summary).toEqual({
    disassociate: 6,
    associate: 0,
    deploy: 6,
    held: 1,
    replace: 0,
    sources: 0,
    failed: 0,
  });
  expect(harness.changes()).toEqual([]);

  harness.operator.start();
  await harness.waitForCondition('no-visio', 'Compliant', 'False', 'UserConnected');
  await eventually(() => expect(harness.changes()).toHaveLength(10));
  expect(harness.changes()).toEqual(plannedCalls(fromCluster));
  const again = await planOf(harness);
  expect(again.policies[0].changes.map((one: { holdReason: string }) => one.holdReason)).toContain('UserConnected');
});

test.concurrent('wsap plan --merge-cluster evaluates files together with the policies of the cluster', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.apply('no-visio', { enforcement: 'Audit' });
  await harness.apply('keep-visio', {
    enforcement: 'Enforce',
    priority: 10,
    workspaceSelector: { workspaceIDs: ['ws-demo0002'] },
    applications: { allowed: [{ name: 'Microsoft Visio*' }] },
  });
  await harness.waitForCondition('no-visio', 'Ready', 'True');
  const live = JSON.parse(await harness.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
  const file = join(tmpdir(), `${harness.namespace}-enforce.json`);
  const { apiVersion, kind, spec } = live;
  const metadata = { name: 'no-visio', namespace: harness.namespace };
  await writeFile(file, JSON.stringify({ apiVersion, kind, metadata, spec: { ...spec, enforcement: 'Enforce' } }));
  const flags = ['plan', '-f', file, '-o', 'json', '--operator-namespace', harness.namespace, ...HIGH_RATE];

  const alone: PlanDocument = JSON.parse((await wsap(harness, ...flags)).stdout);
  expect(alone.summary).toMatchObject({ disassociate: 2 });
  const together: PlanDocument = JSON.parse((await wsap(harness, ...flags, '--merge-cluster')).stdout);
  expect(together.policies.map(({ name, enforcement }) => [name, enforcement])).toEqual([['no-visio', 'Enforce']]);
  expect(together.summary).toMatchObject({ disassociate: 1 });
  const compared = await wsap(harness, ...flags, '--merge-cluster', '--diff-against', file, '--detailed-exitcode');
  expect(compared).toMatchObject({ code: 0, stdout: '[]\n' });
});
