import { describe, expect, test } from 'vitest';
import { fleetOf, Scene, until, VISIO } from './scene.ts';

/** The arguments of the kubectl command that a message gives. */
function commandIn(message = ''): string[] {
  const [, command = ''] =
    /kubectl (-n \S+ annotate --overwrite wsap \S+ wsap\.dev\/approved-plan=[0-9a-f]+)/.exec(message) ?? [];
  return command.split(' ');
}

describe('an operator whose policy needs a person', { concurrent: true }, () => {
  test('with enforcement: Approve waits, and does what was approved by the command that it printed, over a restart', async () => {
    await using scene = await Scene.begin(fleetOf(12, 2));
    await scene.apply('no-visio', { enforcement: 'Approve', rollout: { maxInProgress: 2 } });
    const { status } = await scene.untilCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await scene.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio');
    expect(await scene.kubectl('describe', 'wsap', 'no-visio')).toMatch(/disassociate \(AwaitingApproval\)/);
    expect(scene.changes()).toEqual([]);

    await scene.kubectl(...commandIn(status?.associations?.[0]?.message));
    await until(() => expect(scene.changes().length).toBeGreaterThan(2));
    await scene.operator.kill();
    scene.operator.start();
    const after = await scene.untilCondition('no-visio', 'Compliant', 'True');
    expect(scene.changes()).toHaveLength(12);
    expect(new Set(scene.statesOf(VISIO).values())).toEqual(new Set(['REMOVED']));
    expect(after.status?.lastApprovedPlan).toBe(status?.plan?.id);
  });

  test('goes on with a plan over the safeguard once that very plan is approved', async () => {
    await using scene = await Scene.begin(fleetOf(10, 2));
    await scene.apply('no-visio', { safeguards: { maxAffectedWorkspaces: 1 } });
    const { status } = await scene.untilCondition('no-visio', 'Stalled', 'True', 'SafeguardExceeded');
    const stalled = status?.conditions?.find(({ type }) => type === 'Stalled');
    await scene.kubectl(...commandIn(stalled?.message));
    await scene.untilCondition('no-visio', 'Compliant', 'True');
    expect(scene.changes()).toHaveLength(10);
  });
});
