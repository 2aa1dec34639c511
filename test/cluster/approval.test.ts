import { describe, expect, test } from 'vitest';
import type { PolicyObject } from '../../src/kube/resources.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

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

  test('an annotation that is present at creation, or names an earlier plan, approves nothing, even after a restart', async () => {
    await using harness = await ClusterHarness.start(fleetOf(6, 2));
    const spec = { enforcement: 'Approve', interval: '5s' } as const;
    await harness.apply('no-visio', spec);
    const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    const first = status?.plan?.id ?? '';
    await harness.kubectl(...commandIn(readyMessage(status)));
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(6);
    const exported = JSON.parse(await harness.kubectl('get', 'wsap', 'no-visio', '-o', 'json'));
    // The backup was made while the approved plan was in progress.
    exported.status.plan = { ...status?.plan, approvedRemainder: status?.plan?.proposedOutcome };
    expect(exported.metadata.annotations['wsap.dev/approved-plan']).toBe(first);

    // The applications come back. A backup is restored in two ways: without the status, and with it.
    for (const restored of [undefined, exported.status]) {
      await harness.kubectl('delete', 'wsap', 'no-visio');
      await harness.installAgain(VISIO);
      const { name, namespace, annotations } = exported.metadata;
      await harness.create({ ...exported, metadata: { name, namespace, annotations }, status: undefined });
      if (restored !== undefined) {
        const patch = JSON.stringify({ status: restored });
        await harness.kubectl('patch', 'wsap', 'no-visio', '--subresource=status', '--type=merge', '-p', patch);
      }
      await eventuallyReported(async () =>
        expect((await harness.policy('no-visio')).status).toMatchObject({
          objectUID: (await harness.policy('no-visio')).metadata.uid,
          lastHandledApproval: first,
        }),
      );
      // A killed process loses Events that it has not written yet.
      await eventuallyReported(async () =>
        expect((await harness.events()).map(({ reason }) => reason)).toContain('ApprovalIgnored'),
      );
      await harness.operator.kill();
      harness.operator.start();
      const waiting = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
      expect(readyMessage(waiting.status)).toContain('the annotation wsap.dev/approved-plan is ignored');
      expect(waiting.status?.lastApprovedPlan ?? '').toBe('');
      expect(waiting.status?.plan?.approvedRemainder).toBeUndefined();
      expect(new Set(harness.statesOf(VISIO).values())).toEqual(new Set(['COMPLETED']));
    }

    const { status: shown } = await harness.policy('no-visio');
    expect(shown?.plan?.id).not.toBe(first);
    await harness.operator.stop();
    await harness.kubectl(...commandIn(readyMessage(shown)));
    harness.operator.start();
    const approved = await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(approved.status?.lastApprovedPlan).toBe(shown?.plan?.id);
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
