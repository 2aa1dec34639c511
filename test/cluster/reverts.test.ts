import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

test('a removal that an exception ends is reverted after a restart, and a removal by someone else is shown', async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 2));
  const [workspaceID = ''] = harness.statesOf(VISIO).keys();
  const spec = { interval: '5s', rollout: { deploy: 'Manual' as const } };
  await harness.apply('no-visio', spec);
  const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'ManualDeploy');
  expect(status?.started).toMatchObject([{ workspaceID, applicationID: VISIO, action: 'Disassociate' }]);
  await harness.operator.kill();
  harness.simulator.simulated.putAssociation(workspaceID, OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
  const exception = {
    workspaceIDs: [workspaceID],
    application: { name: 'Microsoft Visio*' },
    reason: 'a trial',
    expiresAt: new Date(Date.now() + 24 * 60 * 60_000).toISOString(),
  };
  const edited = {
    ...spec,
    applications: { denied: [{ name: 'Microsoft Visio*' }], allowed: [{ id: OFFICE }] },
    exceptions: [exception],
  };
  await harness.apply('no-visio', { ...edited, suspend: true });
  harness.operator.start();
  await eventuallyReported(async () => {
    const described = await harness.kubectl('describe', 'wsap', 'no-visio');
    expect(described).toMatch(new RegExp(`${workspaceID} .*associate \\(revert, Suspended\\)`));
    expect(described).toMatch(new RegExp(`${workspaceID} .*deploy or revert it in AWS`));
  });
  await harness.apply('no-visio', { ...edited, suspend: false });
  await eventually(() => expect(harness.statesOf(VISIO).get(workspaceID)).toBe('COMPLETED'));
  await eventuallyReported(async () => {
    expect((await harness.events()).map(({ reason }) => reason)).toContain('Reverted');
    expect((await harness.policy('no-visio')).status?.started).toBeUndefined();
  });
  await harness.waitForCondition('no-visio', 'Compliant', 'False', 'Drifted');
  expect(harness.changes()).toEqual([`Disassociate ${workspaceID} ${VISIO}`, `Associate ${workspaceID} ${VISIO}`]);
  expect(harness.statesOf(OFFICE).get(workspaceID)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
});
