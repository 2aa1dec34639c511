import { describe, expect, test } from 'vitest';
import { fleetOf, OFFICE, Scene, VISIO } from './scene.ts';

describe('an operator with a policy that requires applications', { concurrent: true }, () => {
  test('installs what is missing, in the place of what is denied, and says so', async () => {
    await using scene = await Scene.begin(fleetOf(6, 3));
    const having = [...scene.statesOf(VISIO).keys()];
    await scene.apply('swap', {
      applications: { required: [{ name: 'Microsoft Visio*' }], denied: [{ name: 'Microsoft Office*' }] },
    });
    const { status } = await scene.untilCondition('swap', 'Compliant', 'True');
    expect(new Set(scene.statesOf(OFFICE).values())).toEqual(new Set(['REMOVED']));
    expect([...scene.statesOf(VISIO).values()]).toEqual(Array(6).fill('COMPLETED'));
    expect(scene.changes().filter((change) => change.startsWith('Associate'))).toHaveLength(6 - having.length);
    expect(scene.changes().filter((change) => change.startsWith('Deploy'))).toHaveLength(6);
    expect(status?.applications).toContainEqual(
      expect.objectContaining({ applicationID: VISIO, verdict: 'Required', associated: 6, installing: 0 }),
    );
    const described = await scene.kubectl('describe', 'wsap', 'swap');
    expect(described).toMatch(/Associated Microsoft Visio LTSC Professional 2021 with/);
    expect(described).toMatch(/Deploying the removal of Microsoft Office.* and the installation of Microsoft Visio/);
    expect(described).toMatch(/Installed Microsoft Visio LTSC Professional 2021 on/);
  });

  test('stalls where it can not tell which application is meant, and goes on when it can', async () => {
    await using scene = await Scene.begin(fleetOf(2, 5));
    await scene.apply('any', { applications: { required: [{ name: 'Microsoft *' }] } });
    await scene.untilCondition('any', 'Stalled', 'True', 'AmbiguousApplication');
    expect(await scene.kubectl('describe', 'wsap', 'any')).toMatch(/associate \(AmbiguousApplication\)/);
    expect(scene.changes()).toEqual([]);
    await scene.apply('any', { applications: { required: [{ id: VISIO }, { name: 'Microsoft Publisher' }] } });
    await scene.untilCondition('any', 'Compliant', 'False', 'ApplicationNotFound');
    await scene.untilCondition('any', 'ApplicationsResolved', 'False', 'ApplicationNotFound');
    expect([...scene.statesOf(VISIO).values()]).toEqual(['COMPLETED', 'COMPLETED']);
  });
});
