import { describe, expect, test } from 'vitest';
import { FleetError } from '../src/fleet/errors.ts';
import { association, OFFICE, PROJECT, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

/** Policy that may change WorkSpaces from 22:00 to 23:00 UTC. */
const atNight = policy('p', {
  rollout: { maintenanceWindows: [{ cron: '0 22 * * *', timeZone: 'UTC', duration: '1h' }] },
});

/** Returns an operator at a time, over a fleet whose reads of associations take the given time (ms). */
async function operatorAt(time: string, fleet: FakeFleet, readMs: number): Promise<FakeOperator> {
  const operator = new FakeOperator(fleet, atNight);
  const { clock } = operator;
  await clock.advance(new Date(time).getTime() - clock.now().getTime());
  const [now, monotonic] = [clock.now.bind(clock), clock.monotonic.bind(clock)];
  let passed = 0;
  clock.now = () => new Date(now().getTime() + passed);
  clock.monotonic = () => monotonic() + passed;
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  fleet.describeWorkspaceAssociations = async (workspaceID) => {
    passed += readMs;
    return read(workspaceID);
  };
  return operator;
}

describe('a maintenance window that closes during a run', () => {
  test('holds the WorkSpaces that the run has not started', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3));
    const operator = await operatorAt('2026-01-05T22:59:59Z', fleet, 600);
    const { status } = await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
    expect(status.associations?.slice(0, 2)).toMatchObject([
      { workspaceID: ws(2), holdReason: 'OutsideMaintenanceWindow' },
      { workspaceID: ws(3), holdReason: 'OutsideMaintenanceWindow' },
    ]);
  });

  test('lets the run deploy what it started, with an Event that says so', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = await operatorAt('2026-01-05T22:59:59Z', fleet, 600);
    const { events } = await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
    expect(events.find(({ reason }) => reason === 'Deploying')?.message).toBe(
      `Deploying the removal of Microsoft Visio LTSC Professional 2021 on ${ws(1)} (user-of-${ws(1)}) after the end of the maintenance window, to complete changes that started in it`,
    );
  });

  test('holds a change that waits for its turn when the window closes', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = await operatorAt('2026-01-05T22:59:59Z', fleet, 100);
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = async (workspaceID, applicationID, precondition) => {
      const now = operator.clock.now();
      operator.clock.now = () => new Date(now.getTime() + 45_000);
      return disassociate(workspaceID, applicationID, precondition);
    };
    const { status } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(status.associations).toMatchObject([{ action: 'Disassociate', holdReason: 'OutsideMaintenanceWindow' }]);
    expect(status.recentRemovals).toBeUndefined();
  });

  test('holds the deployment of a change that an earlier run started', async () => {
    const fleet = fakeFleet(1, [association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
    const operator = await operatorAt('2026-01-05T22:59:59Z', fleet, 2_000);
    const { status } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(status.associations).toMatchObject([{ action: 'Deploy', holdReason: 'OutsideMaintenanceWindow' }]);
  });
});

describe('revalidation', () => {
  test('deploys nothing that the status has not shown yet', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: PROJECT }] } });
    const operator = new FakeOperator(fleet, both);
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    // Somebody marks another denied application for removal between the listing and the change.
    fleet.put(association(ws(1), PROJECT, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
    await operator.run();
    expect(fleet.changes()).toEqual([]);
    await operator.clock.advance(10 * MINUTE);
    await operator.pass(MINUTE);
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
  });

  test('counts the reservation of the run and not the quota that it was taken from', async () => {
    const fleet = fakeFleet(2, visioOnFirst(2));
    const operator = new FakeOperator(fleet, policy());
    operator.quota.limit = 2;
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2)]);
  });

  test('does not count the WorkSpace itself against maxInProgress', async () => {
    const fleet = fakeFleet(2, [...visioOnFirst(1), association(ws(1), OFFICE)]);
    const operator = new FakeOperator(fleet, policy('p', { rollout: { maxInProgress: 1 } }));
    await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
  });

  test('takes six calls for a single removal', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    const before = fleet.calls.length;
    await operator.run();
    const read = 'describeWorkspaceAssociations';
    const calls = fleet.calls.slice(before).map(({ method }) => method);
    expect(calls.toSorted()).toEqual(
      [
        ...['describeWorkspaces', 'describeTags', read, 'disassociateWorkspaceApplication'],
        ...[read, 'deployWorkspaceApplications'],
      ].toSorted(),
    );
  });

  test('does not count the removal that it is about to make', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy());
    for (let removal = 1; removal <= 3; removal++) {
      await operator.pass(30 * MINUTE);
      fleet.put(association(ws(1), VISIO));
    }
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(3);
  });

  test('holds a deployment that the fresh read of the user session holds', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1), {
      connections: [{ workspaceID: ws(1), connectionState: 'DISCONNECTED' }],
    });
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(20_000);
    fleet.putConnection({ workspaceID: ws(1), connectionState: 'CONNECTED' });
    const { outcome } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(outcome.held).toMatchObject([{ reason: 'UserConnected', message: /the user is connected/ }]);
  });

  test('drops a change that the fresh read no longer requests', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy('p', { workspaceSelector: { directoryIDs: ['d-9a67b1c4e2'] } }));
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    fleet.putWorkspace(workspace(ws(1), { directoryID: 'd-0000000000' }));
    const { outcome } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(outcome.dropped).toMatchObject([{ message: 'the policy no longer selects the WorkSpace' }]);
  });

  test('drops a change if the fresh read lacks a value that the selection depends on', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy('p', { workspaceSelector: { directoryIDs: ['d-9a67b1c4e2'] } }));
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    fleet.putWorkspace(workspace(ws(1), { directoryID: undefined }));
    const { outcome } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(outcome.dropped).toMatchObject([
      { message: "the operator doesn't know whether the policy selects the WorkSpace: AWS reports no directory" },
    ]);
  });

  test('does not count the retry that the run starts, so that one deployment repeats all failed changes', async () => {
    const failed = { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.InternalServerError' } };
    const fleet = fakeFleet(1, [association(ws(1), PROJECT, { state: 'UNINSTALLING' })]);
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: PROJECT }] } });
    const operator = new FakeOperator(fleet, both);
    const { started } = operator.shared.history;
    started.beginDeployment('Disassociate', association(ws(1), PROJECT), both, operator.clock.now());
    await operator.run();
    fleet.put(association(ws(1), VISIO, failed));
    fleet.put(association(ws(1), PROJECT, { ...failed, lastUpdatedTime: operator.clock.now() }));
    await operator.clock.advance(MINUTE);
    await operator.run();
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
    expect(fleet.mutations.at(-1)).toMatchObject({ force: true });
  });
});

describe('maxAffectedWorkspaces', () => {
  test('does not count protected WorkSpaces', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3), {
      tags: { [ws(1)]: { 'wsap.dev/protect': '' }, [ws(2)]: { 'wsap.dev/protect': '' } },
    });
    const operator = new FakeOperator(fleet, policy('p', { safeguards: { maxAffectedWorkspaces: 2 } }));
    await operator.pass(5 * MINUTE);
    expect(fleet.changes()).toEqual([`disassociate ${ws(3)} ${VISIO}`, `deploy ${ws(3)}`]);
  });

  test('counts WorkSpaces whose tags cannot be read', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3));
    const operator = new FakeOperator(fleet, policy('p', { safeguards: { maxAffectedWorkspaces: 2 } }));
    fleet.describeTags = async () => {
      throw new FleetError({ kind: 'AccessDenied', operation: 'DescribeTags', reason: 'denied' });
    };
    const { status } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(condition(status, 'Ready')?.reason).toBe('SafeguardExceeded');
  });

  test('takes no read of tags if the plan is permitted', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3));
    const operator = new FakeOperator(fleet, policy());
    operator.gracePeriodMs = 5_000;
    await operator.run();
    expect(fleet.callCount('describeTags')).toBe(0);
  });
});

test('a policy changes nothing on a WorkSpace whose deployment another policy started with a lost response', async () => {
  const fleet = fakeFleet(1, [association(ws(1), VISIO), association(ws(1), OFFICE)]);
  const [first, second] = [VISIO, OFFICE].map((id) => policy(`no-${id}`, { applications: { denied: [{ id }] } }));
  const operator = new FakeOperator(fleet, ...[first, second].filter((one) => one !== undefined));
  fleet.failNext('deployWorkspaceApplications', 'Unavailable', { carriedOut: true });
  await operator.run(first);
  expect(fleet.workspace(ws(1))?.state).toBe('UPDATING');
  await operator.run(second);
  expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`, `deploy ${ws(1)}`]);
});
