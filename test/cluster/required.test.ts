import { describe, expect, test } from 'vitest';
import { ClusterHarness, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

describe('required applications', { concurrent: true }, () => {
  test('a policy replaces a denied application by a required one, and reports it', async () => {
    await using harness = await ClusterHarness.start(fleetOf(6, 3));
    const having = [...harness.statesOf(VISIO).keys()];
    await harness.apply('swap', {
      applications: { required: [{ name: 'Microsoft Visio*' }], denied: [{ name: 'Microsoft Office*' }] },
    });
    const { status } = await harness.waitForCondition('swap', 'Compliant', 'True');
    expect(new Set(harness.statesOf(OFFICE).values())).toEqual(new Set(['REMOVED']));
    expect([...harness.statesOf(VISIO).values()]).toEqual(Array(6).fill('COMPLETED'));
    expect(harness.changes().filter((change) => change.startsWith('Associate'))).toHaveLength(6 - having.length);
    expect(harness.changes().filter((change) => change.startsWith('Deploy'))).toHaveLength(6);
    expect(status?.applications).toContainEqual(
      expect.objectContaining({ applicationID: VISIO, verdict: 'Required', associated: 6, installing: 0 }),
    );
    // Events are written independently of the status.
    await eventuallyReported(async () => {
      const described = await harness.kubectl('describe', 'wsap', 'swap');
      expect(described).toMatch(/Associated Microsoft Visio LTSC Professional 2021 with/);
      expect(described).toMatch(/Deploying the removal of Microsoft Office.* and the installation of Microsoft Visio/);
      expect(described).toMatch(/Installed Microsoft Visio LTSC Professional 2021 on/);
    });
  });

  test('a policy with an ambiguous required application stalls until it is fixed', async () => {
    await using harness = await ClusterHarness.start(fleetOf(2, 5));
    await harness.apply('any', { applications: { required: [{ name: 'Microsoft *' }] } });
    await harness.waitForCondition('any', 'Stalled', 'True', 'AmbiguousApplication');
    expect(await harness.kubectl('describe', 'wsap', 'any')).toMatch(/associate \(AmbiguousApplication\)/);
    expect(harness.changes()).toEqual([]);
    await harness.apply('any', { applications: { required: [{ id: VISIO }, { name: 'Microsoft Publisher' }] } });
    await harness.waitForCondition('any', 'Compliant', 'False', 'ApplicationNotFound');
    await harness.waitForCondition('any', 'ApplicationsResolved', 'False', 'ApplicationNotFound');
    expect([...harness.statesOf(VISIO).values()]).toEqual(['COMPLETED', 'COMPLETED']);
  });
});
