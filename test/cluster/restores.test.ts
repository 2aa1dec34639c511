import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE } from './clusterHarness.ts';
import { wsap } from './wsapCommand.ts';

test('a restored WorkSpace is unknown after a restart, until kubectl wsap confirm', async () => {
  await using harness = await ClusterHarness.start({
    ...fleetOf(2, 10),
    // Longer than the interval of the policy on a busy machine.
    durations: { restoring: '20s' },
  });
  const [workspaceID = ''] = harness.simulator.simulated.workspaces.map((one) => one.workspaceID);
  await harness.apply('no-visio', { interval: '5s', applications: { required: [{ id: OFFICE }] } });
  await harness.waitForCondition('no-visio', 'Compliant', 'True', 'Compliant');

  harness.simulator.simulated.restoreWorkspace(workspaceID);
  await harness.waitForCondition('no-visio', 'Compliant', 'Unknown', 'Restored');
  await eventuallyReported(async () => {
    expect((await harness.events()).map(({ reason }) => reason)).toContain('Restored');
  });
  await harness.operator.kill();
  harness.operator.start();
  await eventuallyReported(async () => {
    const { status } = await harness.policy('no-visio');
    expect(status?.restoredWorkspaces).toMatchObject([{ workspaceID }]);
  });

  await eventually(() =>
    expect(harness.simulator.simulated.workspaces.map(({ state }) => state)).not.toContain('RESTORING'),
  );
  expect(await wsap(harness, 'reconcile', '-n', harness.namespace, 'no-visio')).toMatchObject({ code: 0 });
  const unknown = await wsap(harness, 'confirm', '-n', harness.namespace, 'no-visio', 'ws-another00');
  expect(unknown).toMatchObject({ code: 1 });
  expect(unknown.stderr).toContain(`doesn't list WorkSpace ws-another00 as restored; it lists ${workspaceID}`);
  const confirmed = await wsap(harness, 'confirm', '-n', harness.namespace, 'no-visio', workspaceID);
  expect(confirmed.stdout).toMatch(/no-visio confirmed 1 restored WorkSpace: Ready=True, Compliant=True/);
  const again = await wsap(harness, 'confirm', '-n', harness.namespace, 'no-visio');
  expect(again.stderr).toContain('has no restored WorkSpaces to confirm');
});
