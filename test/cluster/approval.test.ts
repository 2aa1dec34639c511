import { describe, expect, test } from 'vitest';
import { ClusterHarness, eventually, fleetOf, VISIO } from './clusterHarness.ts';

/** The arguments of the kubectl command that a message gives. */
function commandIn(message = ''): string[] {
  const [, command = ''] =
    /kubectl (-n \S+ annotate --overwrite wsap \S+ wsap\.dev\/approved-plan=[0-9a-f]+)/.exec(message) ?? [];
  return command.split(' ');
}

describe('an operator whose policy needs a person', { concurrent: true }, () => {
  test('with enforcement: Approve waits, and does what was approved by the command that it printed, over a restart', async () => {
    await using harness = await ClusterHarness.begin(fleetOf(12, 2));
    await harness.apply('no-visio', { enforcement: 'Approve', rollout: { maxInProgress: 2 } });
    const { status } = await harness.untilCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await harness.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio');
    expect(await harness.kubectl('describe', 'wsap', 'no-visio')).toMatch(/disassociate \(AwaitingApproval\)/);
    expect(harness.changes()).toEqual([]);

    await harness.kubectl(...commandIn(status?.associations?.[0]?.message));
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(2));
    await harness.operator.kill();
    harness.operator.start();
    const after = await harness.untilCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(12);
    expect(new Set(harness.statesOf(VISIO).values())).toEqual(new Set(['REMOVED']));
    expect(after.status?.lastApprovedPlan).toBe(status?.plan?.id);
  });

  test('goes on with a plan over the safeguard once that very plan is approved', async () => {
    await using harness = await ClusterHarness.begin(fleetOf(10, 2));
    await harness.apply('no-visio', { safeguards: { maxAffectedWorkspaces: 1 } });
    const { status } = await harness.untilCondition('no-visio', 'Stalled', 'True', 'SafeguardExceeded');
    const stalled = status?.conditions?.find(({ type }) => type === 'Stalled');
    await harness.kubectl(...commandIn(stalled?.message));
    await harness.untilCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(10);
  });
});
