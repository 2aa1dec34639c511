import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fleetOf, VISIO } from '../cluster/clusterHarness.ts';
import { having, removals } from './account.ts';
import { eventually } from './eventually.ts';
import { Installation } from './installation.ts';
import { report } from './measure.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
  await installation.deploy();
});
afterAll(() => installation[Symbol.asyncDispose]());

test.skipIf(inject('cluster').ctr === undefined)(
  'the liveness probe replaces a container that hangs, without the grace period of the pod',
  async () => {
    const [name = ''] = await installation.waitForReady(1);
    const affected = having(installation.aws, VISIO);
    const stoppedAt = Date.now();

    await installation.signal(name, 'SIGSTOP');
    const terminated = await eventually(async () => {
      const [container] = (await installation.pod(name)).status.containerStatuses ?? [];
      expect(container).toMatchObject({ restartCount: 1, ready: true });
      return container?.lastState?.terminated;
    });
    await installation.enforce('no-visio', 'Visio');

    // SIGKILL: a stopped process can't handle SIGTERM.
    expect(terminated).toMatchObject({ exitCode: 137 });
    const events = (await installation.podEvents()).filter(({ involvedObject }) => involvedObject.name === name);
    const killing = events.find(({ reason }) => reason === 'Killing');
    expect(killing?.message).toBe('Container operator failed liveness probe, will be restarted');
    const waited = (Date.parse(terminated?.finishedAt ?? '') - Date.parse(killing?.firstTimestamp ?? '')) / 1000;
    expect(waited).toBeLessThan((await installation.pod(name)).spec.terminationGracePeriodSeconds);
    report('restart of a hung container', (Date.parse(terminated?.finishedAt ?? '') - stoppedAt) / 1000);
    expect(removals(installation.aws).sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  },
);
