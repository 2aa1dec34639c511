import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetOf, VISIO } from '../cluster/clusterHarness.ts';
import { having, removals } from './account.ts';
import { Installation } from './installation.ts';
import { measure, report } from './measure.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
});
afterAll(() => installation[Symbol.asyncDispose]());

test('the chart is ready under Pod Security restricted, without a warning, and its operator removes what a policy denies', async () => {
  const { stdout, stderr } = await measure('helm install --wait', () => installation.deploy());

  expect(stdout).toContain('STATUS: deployed');
  expect(stderr).toBe('');
  const [pod, ...others] = await installation.pods();
  expect(others).toEqual([]);
  expect(pod?.status.containerStatuses).toMatchObject([{ restartCount: 0 }]);
  const ready = pod?.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
  report(
    'pod from its creation to ready',
    (Date.parse(ready) - Date.parse(pod?.metadata.creationTimestamp ?? '')) / 1000,
  );
  const affected = having(installation.aws, VISIO);
  expect(affected).toHaveLength(4);
  await installation.enforce('no-visio', 'Visio');
  expect(removals(installation.aws).sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  expect(having(installation.aws, VISIO)).toEqual([]);
});

test('a start causes no warning Event', async () => {
  await installation.kubectl('rollout', 'restart', 'deployment/wsap');
  await installation.kubectl('rollout', 'status', 'deployment/wsap', '--timeout=240s');

  // A pod that terminates can fail its readiness probe after its process has ended.
  const [pod] = await installation.pods();
  const events = (await installation.podEvents()).filter(
    ({ involvedObject }) => involvedObject.name === pod?.metadata.name,
  );
  expect(events.map(({ reason }) => reason)).toContain('Started');
  expect(events.filter(({ type }) => type !== 'Normal').map(({ message }) => message)).toEqual([]);
});
