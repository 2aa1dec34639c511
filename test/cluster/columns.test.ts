import { expect, test } from 'vitest';
import { ClusterHarness, fleetOf } from './clusterHarness.ts';

test.concurrent('kubectl get shows the drifted WorkSpaces of policies whose changes are all on hold', async () => {
  await using harness = await ClusterHarness.start(fleetOf(10, 5));
  await harness.applyFleet('active');
  await harness.applyFleet('stopped', { suspend: true });
  const inFleet = (name: string) => ({ fleetRef: { name: harness.fleetName(name) } });
  await harness.apply('audit', { ...inFleet('active'), enforcement: 'Audit' });
  await harness.apply('rejected', { ...inFleet('active'), safeguards: { maxAffectedWorkspaces: 1 } });
  await harness.apply('suspended', { ...inFleet('active'), suspend: true });
  await harness.apply('suspended-fleet', inFleet('stopped'));
  for (const [name, reason] of [
    ['audit', 'Audit'],
    ['rejected', 'SafeguardExceeded'],
    ['suspended', 'Suspended'],
    ['suspended-fleet', 'FleetSuspended'],
  ] as const) {
    await harness.waitForCondition(name, 'Compliant', 'False', reason);
  }

  const lines = (await harness.kubectl('get', 'wsap')).trimEnd().split('\n');
  // kubectl separates columns by at least three spaces.
  expect(lines.map((line) => line.split(/ {3,}/).slice(0, -1))).toEqual([
    ['NAME', 'ENFORCEMENT', 'SUSPENDED', 'READY', 'COMPLIANT', 'WORKSPACES', 'DRIFTED', 'HELD'],
    ['audit', 'Audit', 'false', 'True', 'False', '10', '2', '2'],
    ['rejected', 'Enforce', 'false', 'False', 'False', '10', '2', '2'],
    ['suspended', 'Enforce', 'true', 'True', 'False', '10', '2', '2'],
    ['suspended-fleet', 'Enforce', 'false', 'True', 'False', '10', '2', '2'],
  ]);
  expect(harness.changes()).toEqual([]);
});
