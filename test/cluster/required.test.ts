import { describe, expect, test } from 'vitest';
import { ClusterHarness, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

describe('an operator with a policy that requires applications', { concurrent: true }, () => {
  test('installs what is missing, in the place of what is denied, and says so', async () => {
    await using harness = await ClusterHarness.begin(fleetOf(6, 3));
    const having = [...harness.statesOf(VISIO).keys()];
    await harness.apply('swap', {
      applications: { required: [{ name: 'Microsoft Visio*' }], denied: [{ name: 'Microsoft Office*' }] },
    });
    const { status } = await harness.untilCondition('swap', 'Compliant', 'True');
    expect(new Set(harness.statesOf(OFFICE).values())).toEqual(new Set(['REMOVED']));
    expect([...harness.statesOf(VISIO).values()]).toEqual(Array(6).fill('COMPLETED'));
    expect(harness.changes().filter((change) => change.startsWith('Associate'))).toHaveLength(6 - having.length);
    expect(harness.changes().filter((change) => change.startsWith('Deploy'))).toHaveLength(6);
    expect(status?.applications).toContainEqual(
      expect.objectContaining({ applicationID: VISIO, verdict: 'Required', associated: 6, installing: 0 }),
    );
    const described = await harness.kubectl('describe', 'wsap', 'swap');
    expect(described).toMatch(/Associated Microsoft Visio LTSC Professional 2021 with/);
    expect(described).toMatch(/Deploying the removal of Microsoft Office.* and the installation of Microsoft Visio/);
    expect(described).toMatch(/Installed Microsoft Visio LTSC Professional 2021 on/);
  });

  test('stalls where it can not tell which application is meant, and goes on when it can', async () => {
    await using harness = await ClusterHarness.begin(fleetOf(2, 5));
    await harness.apply('any', { applications: { required: [{ name: 'Microsoft *' }] } });
    await harness.untilCondition('any', 'Stalled', 'True', 'AmbiguousApplication');
    expect(await harness.kubectl('describe', 'wsap', 'any')).toMatch(/associate \(AmbiguousApplication\)/);
    expect(harness.changes()).toEqual([]);
    await harness.apply('any', { applications: { required: [{ id: VISIO }, { name: 'Microsoft Publisher' }] } });
    await harness.untilCondition('any', 'Compliant', 'False', 'ApplicationNotFound');
    await harness.untilCondition('any', 'ApplicationsResolved', 'False', 'ApplicationNotFound');
    expect([...harness.statesOf(VISIO).values()]).toEqual(['COMPLETED', 'COMPLETED']);
  });
});
