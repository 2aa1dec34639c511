import { describe, expect, test } from 'vitest';
import type { Association } from '../src/fleet/model.ts';
import { association, OFFICE, PROJECT, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

/** Returns a fleet of ten WorkSpaces with Office. The given WorkSpaces also have Visio. */
function fleetWith(withVisio: readonly number[], more: readonly Association[] = []): FakeFleet {
  const office = Array.from({ length: 10 }, (_, n) => association(ws(n + 1), OFFICE));
  return fakeFleet(10, [...office, ...withVisio.map((n) => association(ws(n), VISIO)), ...more]);
}

describe('the grace period', () => {
  test('waits 5 s before the first change', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    const { status, requeueAfter } = await operator.run();
    expect(status).toMatchObject({ observedGeneration: 1, plan: { disassociate: 1, deploy: 1 } });
    expect(condition(status, 'Reconciling')).toMatchObject({ status: 'True' });
    expect(requeueAfter).toBe(5_000);
    await operator.clock.advance(4_999);
    await operator.run();
    expect(fleet.mutations).toEqual([]);
    await operator.clock.advance(1);
    await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`, `deploy ${ws(3)}`]);
  });

  test('applies to each change, including later ones', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.pass(20 * MINUTE);
    const before = fleet.changes().length;
    fleet.put(association(ws(7), VISIO));
    await operator.clock.advance(11 * MINUTE);
    await operator.run();
    expect(fleet.changes()).toHaveLength(before);
    await operator.pass(MINUTE);
    expect(fleet.changes()).toHaveLength(before + 2);
  });

  test('starts again when an application comes back after its removal started', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.pass(10_000);
    expect(fleet.changes()).toHaveLength(2);
    // The WorkSpace is rebuilt from an image with the application.
    fleet.put(association(ws(3), VISIO));
    fleet.putWorkspace(workspace(ws(3)));
    await operator.clock.advance(11 * MINUTE);
    await operator.run();
    expect(fleet.changes()).toHaveLength(2);
    await operator.clock.advance(5_000);
    await operator.run();
    expect(fleet.changes()).toHaveLength(4);
  });

  test('starts again after a restart', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    operator.restart();
    await operator.run();
    expect(fleet.mutations).toEqual([]);
  });

  test('lasts 5 s even if the wall clock is set forward', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(1_000);
    const now = operator.clock.now.bind(operator.clock);
    operator.clock.now = () => new Date(now().getTime() + 60 * MINUTE);
    const { requeueAfter } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(requeueAfter).toBe(4_000);
  });

  test('starts again when an edit reverses the goal of a pending change', async () => {
    const fleet = fleetWith([], [association(ws(3), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
    const rollout = { maintenanceWindows: [{ cron: '0 22 * * *', timeZone: 'UTC', duration: '1h' }] };
    const operator = new FakeOperator(fleet, policy('p', { applications: { required: [{ id: VISIO }] }, rollout }));
    operator.gracePeriodMs = 5_000;
    await operator.pass(60 * MINUTE);
    const edited = { ...policy('p'), generation: 2 };
    operator.policies = [edited];
    const { status } = await operator.run(edited);
    expect(fleet.changes()).toEqual([]);
    expect(status.summary?.join()).toContain('deploy');
    await operator.clock.advance(5_000);
    await operator.run(edited);
    expect(fleet.changes()).toEqual([`deploy ${ws(3)}`]);
  });

  test('starts again when an edit enforces an audited policy', async () => {
    const fleet = fleetWith([3]);
    const spec = { applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' as const } };
    const audited = policy('x', { ...spec, enforcement: 'Audit' });
    const operator = new FakeOperator(fleet, audited);
    operator.gracePeriodMs = 5_000;
    await operator.pass(60 * MINUTE);
    const enforced = { ...policy('x', spec), generation: 2 };
    operator.policies = [enforced];
    await operator.run(enforced);
    // The same apply creates the policy that allows the application two seconds later.
    await operator.clock.advance(2_000);
    operator.policies = [enforced, policy('y', { applications: { allowed: [{ id: VISIO }] } })];
    await operator.pass(10 * MINUTE);
    expect(fleet.changes()).toEqual([]);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('COMPLETED');
  });

  test('starts again when a policy is deleted and created again', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    const recreated = { ...policy(), uid: 'another-uid' };
    operator.policies = [recreated];
    await operator.run(recreated);
    expect(fleet.changes()).toEqual([]);
  });

  test('does not start in a run whose reads failed', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    fleet.failNext('describeWorkspaces', 'Unavailable');
    await operator.run();
    await operator.clock.advance(6_000);
    await operator.run();
    expect(fleet.mutations).toEqual([]);
  });
});

test('a run observes, decides, applies, decides again, and reports', async () => {
  const operator = new FakeOperator(fleetWith([3]), policy());
  await operator.run();
  expect(operator.phases).toEqual(['observe', 'decide', 'observe', 'decide', 'apply', 'decide', 'report']);
});

describe('a removal', () => {
  test('disassociates and deploys once, and changes nothing else', async () => {
    const fleet = fleetWith([3, 7]);
    const operator = new FakeOperator(fleet, policy());
    await operator.pass(30 * MINUTE);
    expect(fleet.changes()).toEqual([
      `disassociate ${ws(3)} ${VISIO}`,
      `deploy ${ws(3)}`,
      `disassociate ${ws(7)} ${VISIO}`,
      `deploy ${ws(7)}`,
    ]);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
    expect(fleet.stateOf(ws(3), OFFICE)).toBe('COMPLETED');
    const { status } = await operator.run();
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'True', message: '10 of 10 WorkSpaces comply' });
    expect(status.history).toMatchObject([{ disassociated: 2, deployed: 2, failed: 0 }]);
  });

  test('records one Event for each step', async () => {
    const fleet = fleetWith([3, 7]);
    const operator = new FakeOperator(fleet, policy());
    const first = await operator.run();
    const where = `${ws(3)} (user-of-${ws(3)}), ${ws(7)} (user-of-${ws(7)})`;
    const visio = 'Microsoft Visio LTSC Professional 2021';
    expect(first.events).toMatchObject([
      { type: 'Normal', reason: 'Disassociated', message: `Disassociated ${visio} from ${where}` },
      { type: 'Normal', reason: 'Deploying', message: `Deploying the removal of ${visio} on ${where}` },
    ]);
    fleet.finishDeployments();
    await operator.clock.advance(MINUTE);
    expect((await operator.run()).events).toEqual([
      { type: 'Normal', reason: 'Removed', message: `Removed ${visio} from ${where}` },
    ]);
    await operator.clock.advance(MINUTE);
    expect((await operator.run()).events).toEqual([]);
  });

  test('deploys two applications of one WorkSpace together', async () => {
    const fleet = fleetWith([3], [association(ws(3), PROJECT)]);
    await new FakeOperator(fleet, policy('p', { applications: { denied: [{ id: VISIO }, { id: PROJECT }] } })).run();
    expect(fleet.changes()).toEqual([
      `disassociate ${ws(3)} ${PROJECT}`,
      `disassociate ${ws(3)} ${VISIO}`,
      `deploy ${ws(3)}`,
    ]);
  });

  test('waits after the disassociation with deploy: Manual, and continues after a manual deployment', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy('p', { rollout: { deploy: 'Manual' } }));
    const { status } = await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`]);
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'ManualDeploy' });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    await fleet.deployWorkspaceApplications(ws(3), { force: false });
    fleet.finishDeployments();
    await operator.clock.advance(11 * MINUTE);
    expect(condition((await operator.run()).status, 'Compliant')).toMatchObject({ status: 'True' });
  });

  test('reverts a pending installation without a deployment', async () => {
    const fleet = fleetWith([], [association(ws(3), VISIO, { state: 'PENDING_INSTALL_DEPLOYMENT' })]);
    await new FakeOperator(fleet, policy()).pass(20 * MINUTE);
    expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`]);
  });

  test('waits for an installation in progress', async () => {
    const fleet = fleetWith([], [association(ws(3), VISIO, { state: 'INSTALLING' })]);
    const operator = new FakeOperator(fleet, policy());
    await operator.run();
    expect(fleet.mutations).toEqual([]);
    fleet.finishDeployments();
    await operator.pass(20 * MINUTE);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
  });

  test('repeats when the application comes back', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    await operator.pass(20 * MINUTE);
    fleet.put(association(ws(3), VISIO));
    await operator.pass(20 * MINUTE);
    expect(fleet.changes()).toHaveLength(4);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
  });

  test('is only reported by an Audit policy', async () => {
    const fleet = fleetWith([3, 7]);
    const { status } = await new FakeOperator(fleet, policy('p', { enforcement: 'Audit' })).run();
    expect(fleet.mutations).toEqual([]);
    expect(status.compliance).toEqual({ selected: 10, compliant: 8, drifted: 2, inProgress: 0, held: 2, failed: 0 });
    expect(status.plan).toMatchObject({ disassociate: 2, associate: 0, deploy: 2, held: 2 });
    expect(status.summary?.[1]).toMatch(/COMPLETED +disassociate \(Audit\)$/);
  });

  test('is rejected if the plan exceeds the safeguard', async () => {
    const fleet = fleetWith([1, 2, 3]);
    const { status } = await new FakeOperator(
      fleet,
      policy('p', { safeguards: { maxAffectedWorkspaces: '20%' } }),
    ).run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'SafeguardExceeded' });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'SafeguardExceeded' });
    expect(condition(status, 'Ready')?.message).toContain('from 3 WorkSpaces, and at most 2 (20% of 10) are allowed');
    // Only Ready has the whole message.
    expect(JSON.stringify(status).match(/the operator applies no part of it/g)).toHaveLength(1);
    expect(condition(status, 'Stalled')?.message).toMatch(
      /^the plan removes applications from 3 WorkSpaces, and at most 2 [^;]*; requires manual action, see Ready$/,
    );
    expect(condition(status, 'Compliant')).toMatchObject({
      reason: 'SafeguardExceeded',
      message: '7 of 10 WorkSpaces comply; 3 drifted, 3 held (SafeguardExceeded)',
    });
    expect(status.compliance).toEqual({ selected: 10, compliant: 7, drifted: 3, inProgress: 0, held: 3, failed: 0 });
    expect(status.plan).toMatchObject({ disassociate: 3, associate: 0, deploy: 3, held: 3 });
  });
});

describe('a change between plan and execution', () => {
  test('drops the removal of an application that was removed', async () => {
    const fleet = fleetWith([3, 7]);
    const operator = new FakeOperator(fleet, policy('p', { enforcement: 'Audit' }));
    await operator.run();
    fleet.drop(ws(3), VISIO);
    operator.policies = [policy('p')];
    await operator.run(policy('p'));
    expect(fleet.changes().filter((change) => change.includes(ws(3)))).toEqual([]);
    expect(fleet.changes()).toContain(`deploy ${ws(7)}`);
  });

  test('drops the removal on a terminated WorkSpace', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy('p', { enforcement: 'Audit' }));
    await operator.run();
    fleet.terminate(ws(3));
    operator.policies = [policy('p')];
    await operator.pass(MINUTE);
    const { status } = await operator.run(policy('p'));
    expect(fleet.mutations).toEqual([]);
    expect(status.compliance).toMatchObject({ selected: 9, compliant: 9 });
  });

  test('holds the removal while a user has a pending installation', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    fleet.put(association(ws(3), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' }));
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ action: 'Disassociate', holdReason: 'UnmanagedChangesPending' });
    fleet.drop(ws(3), PROJECT);
    await operator.pass(20 * MINUTE);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
  });

  test('holds the removal until a busy WorkSpace is ready', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy('p', { enforcement: 'Audit' }));
    await operator.run();
    fleet.putWorkspace(workspace(ws(3), { state: 'REBOOTING' }));
    operator.policies = [policy('p')];
    const { status } = await operator.run(policy('p'));
    expect(fleet.mutations).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'WorkspaceNotReady' });
    fleet.putWorkspace(workspace(ws(3)));
    await operator.pass(20 * MINUTE);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
  });

  test('interrupts the run if the policy is edited', async () => {
    const fleet = fleetWith([1, 2, 3]);
    const operator = new FakeOperator(fleet, policy());
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = (workspaceID, applicationID) => {
      operator.policies = [];
      return disassociate(workspaceID, applicationID);
    };
    const { outcome, requeueAfter } = await operator.run(policy());
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
    expect(outcome.interrupted).toBe(true);
    expect(requeueAfter).toBeLessThan(1_000);
  });

  test('makes no change after the process lost the fleet', async () => {
    const fleet = fleetWith([1, 2, 3]);
    const operator = new FakeOperator(fleet, policy());
    operator.mayAct = false;
    await operator.run();
    expect(fleet.mutations).toEqual([]);
  });
});

describe('several policies', () => {
  test('change each application once, even with one snapshot', async () => {
    const fleet = fleetWith([3, 7]);
    const [one, two] = [policy('one'), policy('two', { workspaceSelector: { workspaceIDs: [ws(3), ws(7)] } })];
    const operator = new FakeOperator(fleet, one, two);
    await Promise.all([operator.run(one), operator.run(two)]);
    await operator.pass(20 * MINUTE);
    expect(fleet.changes().sort()).toEqual(
      [ws(3), ws(7)].flatMap((id) => [`disassociate ${id} ${VISIO}`, `deploy ${id}`]).sort(),
    );
  });

  test('that remove different applications from one WorkSpace deploy together', async () => {
    const fleet = fleetWith(
      [],
      [
        association(ws(3), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }),
        association(ws(3), PROJECT, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }),
      ],
    );
    const operator = new FakeOperator(
      fleet,
      policy('one'),
      policy('two', { applications: { denied: [{ id: PROJECT }] } }),
    );
    await operator.pass(30 * MINUTE);
    expect(fleet.changes()).toEqual([`deploy ${ws(3)}`]);
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
    expect(fleet.stateOf(ws(3), PROJECT)).toBe('REMOVED');
  });

  test('that contradict each other make no change, and both report a conflict', async () => {
    const fleet = fleetWith([3]);
    const [one, two] = [policy('one'), policy('two', { applications: { allowed: [{ id: VISIO }] } })];
    const operator = new FakeOperator(fleet, one, two);
    for (const each of [one, two]) {
      const { status } = await operator.run(each);
      expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'Conflict' });
      expect(status.compliance).toMatchObject({ compliant: 9, held: 1 });
    }
    expect(fleet.mutations).toEqual([]);
  });
});

describe('a restart', () => {
  test('repeats no call at any stage of a removal', async () => {
    const states = ['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT', 'PENDING_UNINSTALL', 'UNINSTALLING', 'REMOVED'];
    for (const [reached, state] of states.entries()) {
      const fleet = fleetWith([], [association(ws(3), VISIO, { state })]);
      const operator = new FakeOperator(fleet, policy());
      operator.restart();
      await operator.pass(20 * MINUTE);
      expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`, `deploy ${ws(3)}`].slice(reached));
    }
  });

  test('repeats no Event', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, policy());
    await operator.pass(20 * MINUTE);
    const before = operator.statuses.get('desktops/no-visio');
    operator.restart();
    const { status, events } = await operator.run();
    expect(events.filter(({ reason }) => reason !== 'Removed')).toEqual([]);
    expect(status.conditions).toEqual(before?.conditions);
  });
});

describe('with maintenance windows', () => {
  const nightly = policy('p', {
    interval: '12h',
    rollout: { maintenanceWindows: [{ cron: '0 22 * * *', timeZone: 'Europe/Berlin', duration: '1h' }] },
  });

  test('a removal waits for the next window and shows its time', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, nightly);
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(status.nextWindow).toBe('2026-01-05T21:00:00Z');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'OutsideMaintenanceWindow' });
    expect(status.summary?.[1]).toMatch(/disassociate after 2026-01-05 21:00 UTC \(OutsideMaintenanceWindow\)$/);
    await operator.pass(10 * 60 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    await operator.pass(90 * MINUTE);
    expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`, `deploy ${ws(3)}`]);
  });

  test('a failed deployment is retried in the next window', async () => {
    const fleet = fleetWith([3]);
    const operator = new FakeOperator(fleet, nightly);
    for (let n = 0; n < 20; n++) {
      fleet.failNext('deployWorkspaceApplications', 'ResourceInUse');
    }
    await operator.pass(13 * 60 * MINUTE);
    const tried = fleet.changes().filter((change) => change.startsWith('deploy')).length;
    expect(tried).toBeGreaterThan(1);
    await operator.pass(20 * 60 * MINUTE);
    expect(fleet.changes().filter((change) => change.startsWith('deploy'))).toHaveLength(tried);
    await operator.pass(3 * 60 * MINUTE);
    expect(fleet.changes().filter((change) => change.startsWith('deploy')).length).toBeGreaterThan(tried);
  });

  test('another policy does not deploy the removal outside the window', async () => {
    const fleet = fleetWith([3], [association(ws(3), PROJECT, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
    const [anyTime, atNight] = [policy('any'), { ...nightly, denied: [{ id: PROJECT }] }];
    const operator = new FakeOperator(fleet, atNight, anyTime);
    await operator.pass(10 * 60 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    await operator.pass(2 * 60 * MINUTE);
    expect(fleet.stateOf(ws(3), PROJECT)).toBe('REMOVED');
    expect(fleet.stateOf(ws(3), VISIO)).toBe('REMOVED');
  });
});

test('an idle policy reads AWS only once per interval', async () => {
  const fleet = fleetWith([]);
  const operator = new FakeOperator(fleet, policy('p', { interval: '10m' }));
  await operator.pass(60 * MINUTE);
  // No WorkSpace has a denied application, so WorkSpaces are listed once an hour, and applications and associations each time.
  expect(fleet.calls.length).toBe(1 + 6 * 2);
});

test('a requested reconciliation reads AWS once', async () => {
  const fleet = fleetWith([]);
  const operator = new FakeOperator(fleet, policy());
  await operator.run();
  await operator.clock.advance(1_000);
  operator.requestedAt = 'now';
  expect((await operator.run()).status.lastHandledReconcileAt).toBe('now');
  expect(fleet.calls.length).toBe(6);
  await operator.clock.advance(1_000);
  await operator.run();
  expect(fleet.calls.length).toBe(6);
});
