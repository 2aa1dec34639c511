import { describe, expect, test } from 'vitest';
import type { PolicyObject } from '../../src/kube/resources.ts';
import { ClusterHarness, eventually, fleetOf, VISIO } from './clusterHarness.ts';

function readyMessage(status: PolicyObject['status']): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.message;
}

/** Returns the arguments of the kubectl command in a message. */
function commandIn(message = ''): string[] {
  const [, command = ''] =
    /kubectl (-n \S+ annotate --overwrite wsap \S+ wsap\.dev\/approved-plan=[0-9a-f]+)/.exec(message) ?? [];
  return command.split(' ');
}

describe('approvals', { concurrent: true }, () => {
  test('a policy in approve mode makes the changes that its printed command approves, even after a restart', async () => {
    await using harness = await ClusterHarness.start(fleetOf(12, 2));
    await harness.apply('no-visio', { enforcement: 'Approve', rollout: { maxInProgress: 2 } });
    const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await harness.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio');
    expect(await harness.kubectl('describe', 'wsap', 'no-visio')).toMatch(/disassociate \(AwaitingApproval\)/);
    expect(harness.changes()).toEqual([]);

    await harness.kubectl(...commandIn(readyMessage(status)));
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(2));
    await harness.operator.kill();
    harness.operator.start();
    const after = await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(12);
    expect(new Set(harness.statesOf(VISIO).values())).toEqual(new Set(['REMOVED']));
    expect(after.status?.lastApprovedPlan).toBe(status?.plan?.id);
  });

  test('a plan that exceeds the safeguard continues after its approval', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 2));
    await harness.apply('no-visio', { safeguards: { maxAffectedWorkspaces: 1 } });
    const { status } = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'SafeguardExceeded');
    await harness.kubectl(...commandIn(readyMessage(status)));
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(10);
  });
});
