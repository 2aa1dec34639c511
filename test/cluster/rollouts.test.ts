import { describe, expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';
import { wsap } from './wsapCommand.ts';

/** Waits until the rollout of a policy is halted and nothing is retried. Returns its status. */
async function stalled(harness: ClusterHarness) {
  const { status = {} } = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'RolloutHalted');
  return status;
}

/** Returns the WorkSpaces on which deployments were started, each once, in their order. */
function deployed(harness: ClusterHarness): string[] {
  const inputs = harness.calls('DeployWorkspaceApplications').map(({ input }) => input as { WorkspaceId: string });
  const ids = inputs.map(({ WorkspaceId }) => WorkspaceId);
  return [...new Set(ids)];
}

const spec = {
  interval: '5s',
  rollout: { maxFailures: 2 },
  retry: { limit: 1, backoff: { duration: '5s' } },
} as const;

describe('rollouts', { concurrent: true }, () => {
  test('a first deployment that fails affects one user, even after a restart, until the rollout is resumed', async () => {
    await using harness = await ClusterHarness.start(fleetOf(6, 1));
    const { faults } = harness.simulator;
    faults.add({ fault: 'DeploymentError', errorCode: 'DeploymentError.WorkspaceUnreachable' });
    await harness.apply('no-visio', spec);
    const { conditions = [] } = await stalled(harness);
    const [first = ''] = deployed(harness);
    const { message = '' } = conditions.find(({ type }) => type === 'Ready') ?? {};
    expect(message).toContain(`${first} (`);
    expect(message).toContain('DeploymentError.WorkspaceUnreachable');
    // Events are written independently of the status.
    await eventuallyReported(async () => {
      const described = await harness.kubectl('describe', 'wsap', 'no-visio');
      expect(described).toMatch(/ Halted: +true\n/);
      expect(described).toMatch(/Warning +RolloutHalted /);
      expect(described).toMatch(/disassociate \(RolloutHalted\)/);
    });

    await harness.operator.kill();
    harness.operator.start();
    const inNamespace = ['-n', harness.namespace];
    expect(await wsap(harness, 'reconcile', 'no-visio', ...inNamespace)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('the first deployment of the rollout failed'),
    });
    expect((await wsap(harness, 'plan', 'no-visio', ...inNamespace)).stdout).toContain('RolloutHalted');
    expect(deployed(harness)).toEqual([first]);

    // The message shows the command that continues.
    expect(message).toContain(`kubectl wsap resume -n ${harness.namespace} no-visio`);
    faults.clear();
    expect(await wsap(harness, 'resume', ...inNamespace, 'no-visio')).toMatchObject({ code: 0 });
    await eventually(() => {
      const states = [...harness.statesOf(VISIO)].filter(([id]) => id !== first).map(([, state]) => state);
      expect(states).toEqual(['REMOVED', 'REMOVED', 'REMOVED', 'REMOVED', 'REMOVED']);
    });
    await eventuallyReported(async () =>
      expect((await harness.policy('no-visio')).status?.rollout).toMatchObject({ canarySucceeded: true }),
    );
  });

  test('failed deployments halt a rollout at maxFailures, and an edit begins another one', async () => {
    await using harness = await ClusterHarness.start(fleetOf(8, 1));
    const ids = [...harness.statesOf(VISIO).keys()].sort();
    for (const workspaceID of ids.slice(2)) {
      harness.simulator.faults.add({
        fault: 'DeploymentError',
        errorCode: 'ValidationError.InsufficientDiskSpace',
        workspaceID,
      });
    }
    await harness.apply('no-visio', spec);
    const { rollout } = await stalled(harness);
    expect(rollout).toMatchObject({ halted: true, maxFailures: 2, failedDeployments: 2, canary: ids[0] });
    expect(rollout?.failures?.map(({ workspaceID }) => workspaceID)).toHaveLength(2);
    expect([...harness.statesOf(VISIO).values()].filter((state) => state === 'ERROR')).toHaveLength(2);

    harness.simulator.faults.clear();
    await harness.apply('no-visio', { ...spec, retry: { limit: 2, backoff: { duration: '5s' } } });
    await eventually(() =>
      expect(
        [...harness.statesOf(VISIO).values()].filter((state) => state === 'REMOVED').length,
      ).toBeGreaterThanOrEqual(6),
    );
    await eventuallyReported(async () =>
      expect((await harness.policy('no-visio')).status?.rollout).not.toHaveProperty('halted'),
    );
  });
});
