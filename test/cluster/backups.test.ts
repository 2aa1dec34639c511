import { describe, expect, test } from 'vitest';
import type { FleetObject, PolicyObject } from '../../src/kube/resources.ts';
import { ClusterHarness, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

/** Returns what a backup restores of an object: a new object with the same name, labels, annotations, and spec. */
function restored(object: PolicyObject | FleetObject, namespace?: string): object {
  const { apiVersion, kind, metadata, spec } = object as PolicyObject & { readonly spec: object };
  const { name, labels, annotations } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
}

/** Restores a policy, and then its status, if it is part of the backup. */
async function restorePolicy(harness: ClusterHarness, policy: PolicyObject, withStatus: boolean): Promise<void> {
  await harness.create(restored(policy, harness.namespace));
  if (withStatus) {
    const patch = JSON.stringify({ status: policy.status });
    const { name } = policy.metadata;
    await harness.kubectl('patch', 'wsap', name, '--subresource=status', '--type=merge', '--patch', patch);
  }
}

describe.each([true, false])('a backup, with the statuses: %s', { concurrent: true }, (withStatus) => {
  test('can restore policies before their fleet, for which they wait', async () => {
    await using harness = await ClusterHarness.start(fleetOf(4, 1));
    await harness.applyFleet('emea', { maxDisassociationsPerHour: 6 });
    await harness.apply('no-visio', { interval: '5s', fleetRef: { name: harness.fleetName('emea') } });
    const policy = await harness.waitForCondition('no-visio', 'Compliant', 'True');
    const fleet = await eventuallyReported(async () => {
      const object = await harness.fleet('emea');
      expect(object.status?.disassociationsLastHour).toBe(4);
      return object;
    });
    await harness.kubectl('delete', 'wsap', 'no-visio');
    await harness.kubectl('delete', 'wsfleet', harness.fleetName('emea'));
    await harness.operator.kill();
    await harness.installAgain(VISIO);
    const made = harness.changes().length;

    harness.operator.start();
    await restorePolicy(harness, policy, withStatus);
    await harness.waitForCondition('no-visio', 'Ready', 'False', 'RefNotPermitted');
    expect(harness.changes()).toHaveLength(made);
    await harness.create(restored(fleet));
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    // The new fleet counts its disassociations from zero, because the status of the earlier one was not restored.
    expect((await harness.fleet('emea')).status?.disassociationsLastHour).toBe(4);
  });

  test('changes nothing in another account that it was not made for', async () => {
    await using original = await ClusterHarness.start(fleetOf(4, 1));
    await original.applyFleet('emea', { expectedAccountID: '123456789012' });
    await original.apply('no-visio', {
      enforcement: 'Approve',
      interval: '5s',
      fleetRef: { name: original.fleetName('emea') },
    });
    const { status } = await original.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    const planID = status?.plan?.id ?? '';
    // The backup is made after the approval, and before the operator handles it.
    await original.operator.stop();
    await original.kubectl('annotate', 'wsap', 'no-visio', `wsap.dev/approved-plan=${planID}`);
    const [policy, fleet] = [await original.policy('no-visio'), await original.fleet('emea')];

    await using other = await ClusterHarness.start(fleetOf(4, 1, { accountID: '222222222222' }));
    const name = other.fleetName('emea');
    const { spec } = policy as PolicyObject & { readonly spec: object };
    const moved: PolicyObject & { readonly spec: object } = { ...policy, spec: { ...spec, fleetRef: { name } } };
    await other.create(restored({ ...fleet, metadata: { ...fleet.metadata, name } }));
    await restorePolicy(other, moved, withStatus);
    await other.waitForFleetCondition('emea', 'Stalled', 'True', 'AccountMismatch');
    await other.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
    expect(other.simulator.calls.list()).toEqual([]);

    // The administrator allows the account. The approval was for another object, in another account.
    await other.applyFleet('emea', { expectedAccountID: '222222222222' });
    await eventuallyReported(async () => {
      const { metadata, status: shown } = await other.policy('no-visio');
      expect(shown?.objectUID).toBe(metadata.uid);
      expect(shown?.plan?.id).toMatch(/^[0-9a-f]{16}$/);
      expect(shown?.plan?.id).not.toBe(planID);
    });
    await other.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
    await eventuallyReported(async () =>
      expect((await other.events()).map(({ reason }) => reason)).toContain('ApprovalIgnored'),
    );
    expect([...other.changes(), ...original.changes()]).toEqual([]);
  });
});

test.each([
  ['of another object', '00000000-0000-0000-0000-000000000000'],
  ['of the same object', undefined],
])('a restored status %s keeps no field that the operator does not report', { concurrent: true }, async (_, uid) => {
  await using harness = await ClusterHarness.start(fleetOf(2, 1));
  await harness.operator.stop();
  await harness.apply('no-visio', { enforcement: 'Audit', interval: '1h' });
  const { metadata } = await harness.policy('no-visio');
  const stalled = { type: 'Stalled', status: 'True', reason: 'InvalidPolicy', message: 'spec.interval is invalid' };
  const status = {
    objectUID: uid ?? metadata.uid,
    effectiveInterval: '54m',
    nextWindow: '2026-01-01T22:00:00Z',
    lastHandledReconcileAt: 'before',
    recentRemovals: [{ workspaceID: 'ws-0123456789', applicationID: VISIO, times: ['2026-01-01T00:00:00Z'] }],
    compliance: { selected: 9, compliant: 2, drifted: 0, inProgress: 0, held: 0, failed: 0, unknown: 7 },
    conditions: [{ ...stalled, lastTransitionTime: '2026-01-01T00:00:00Z' }],
  };
  const patch = JSON.stringify({ status });
  await harness.kubectl('patch', 'wsap', 'no-visio', '--subresource=status', '--type=merge', '--patch', patch);
  harness.operator.start();
  await eventuallyReported(async () => {
    const { status: shown } = await harness.policy('no-visio');
    expect(shown?.objectUID).toBe(metadata.uid);
    for (const field of ['effectiveInterval', 'nextWindow', 'lastHandledReconcileAt', 'recentRemovals']) {
      expect(shown).not.toHaveProperty(field);
    }
    expect(shown?.compliance).toEqual({ selected: 2, compliant: 0, drifted: 2, inProgress: 0, held: 2, failed: 0 });
    expect(shown?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Compliant', 'ApplicationsResolved']);
  });
});

test('a restored status of a fleet keeps no condition of the past', { concurrent: true }, async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 1));
  await harness.operator.stop();
  await harness.applyFleet('emea', {});
  const name = harness.fleetName('emea');
  await harness.apply('no-visio', { enforcement: 'Audit', fleetRef: { name } });
  const stalled = { type: 'Stalled', status: 'True', reason: 'InvalidFleet', message: 'spec.region is invalid' };
  const patch = JSON.stringify({
    status: { workspaces: 9, conditions: [{ ...stalled, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
  });
  await harness.kubectl('patch', 'wsfleet', name, '--subresource=status', '--type=merge', '--patch', patch);
  harness.operator.start();
  await harness.waitForFleetCondition('emea', 'Ready', 'True');
  await eventuallyReported(async () => {
    const { status: shown } = await harness.fleet('emea');
    expect(shown?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });
});
