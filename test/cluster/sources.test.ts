import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

const SEED = {
  bundles: [{ bundleID: 'wsb-00000001', imageID: 'wsi-000000001', applications: [OFFICE] }],
  images: [{ imageID: 'wsi-000000001', applications: [VISIO] }],
};
const SOURCE =
  'bundle wsb-00000001 contains Microsoft Visio LTSC Professional 2021: 2 WorkSpaces get it back on a rebuild, and every new one gets it';

test.concurrent('shows the bundle that brings a denied application back, in the status and as an Event', async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 2, SEED));
  // At the longest interval, so that only the end of the read leads to the run that shows it.
  await harness.apply('no-visio', { enforcement: 'Audit', interval: '24h' });
  await eventuallyReported(async () => {
    expect(await harness.kubectl('describe', 'wsap', 'no-visio')).toContain(SOURCE);
    expect((await harness.events()).map(({ reason, message }) => `${reason} ${message}`)).toContain(
      `DriftSourceFound ${SOURCE}`,
    );
  });
  expect(harness.changes()).toEqual([]);
});

test.concurrent('continues without the permission to read bundles, and names it', async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 2, SEED));
  harness.simulator.faults.add({ fault: 'AccessDenied', operation: 'DescribeBundleAssociations' });
  await harness.apply('no-visio', { interval: '5s' });
  await eventually(() => expect([...harness.statesOf(VISIO).values()]).toContain('REMOVED'));
  const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'True', 'Compliant');
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  expect(ready?.status).toBe('True');
  expect(ready?.message).toMatch(/the sources of drift are unknown: .*workspaces:DescribeBundleAssociations/);
  expect(status?.sources).toBeUndefined();
});
