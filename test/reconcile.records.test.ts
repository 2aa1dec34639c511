import { describe, expect, test } from 'vitest';
import { association, OFFICE, policy, VISIO, ws } from './builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

const MANUAL = { rollout: { deploy: 'Manual' as const } };
const INTERNAL_ERROR = { errorCode: 'DeploymentError.InternalServerError' };

/** Makes reads return the associations as they are now, until the returned function is called. */
function lag(fleet: FakeFleet): () => void {
  const { associations } = fleet;
  const byWorkspace = fleet.describeWorkspaceAssociations.bind(fleet);
  const byApplication = fleet.describeApplicationAssociations.bind(fleet);
  fleet.describeWorkspaceAssociations = async (id) => associations.filter(({ workspaceID }) => workspaceID === id);
  fleet.describeApplicationAssociations = async (id) =>
    associations.filter(({ applicationID }) => applicationID === id);
  return () => {
    fleet.describeWorkspaceAssociations = byWorkspace;
    fleet.describeApplicationAssociations = byApplication;
  };
}

describe('a disassociation whose response is lost while reads lag', () => {
  test('counts as a removal, and its Event follows as soon as a read shows it', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy('p', MANUAL));
    const catchUp = lag(fleet);
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
    const first = await operator.run();
    expect(first.status.recentRemovals).toMatchObject([{ workspaceID: ws(1), applicationID: VISIO }]);
    expect(first.events.map(({ reason }) => reason)).not.toContain('Disassociated');
    catchUp();
    const reasons: string[] = [];
    for (let minute = 0; minute < 5; minute++) {
      await operator.clock.advance(MINUTE);
      reasons.push(...(await operator.run()).events.map(({ reason }) => reason));
    }
    expect(reasons.filter((reason) => reason === 'Disassociated')).toHaveLength(1);
    expect(fleet.changes()).toEqual([`disassociate ${ws(1)} ${VISIO}`]);
    const { status } = await operator.run();
    expect(status.history).toMatchObject([{ disassociated: 1 }]);
    expect(status.recentRemovals?.[0]?.times).toHaveLength(1);
  });

  test('counts once if it had no effect and is repeated', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy('p', MANUAL));
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
    await operator.run();
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations).toHaveLength(2);
    const { status } = await operator.run();
    expect(status.recentRemovals?.[0]?.times).toHaveLength(1);
    expect(status.history).toMatchObject([{ disassociated: 1 }]);
  });

  test('does not count if a later read shows that it had no effect', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, policy('p', MANUAL));
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
    expect((await operator.run()).status.recentRemovals).toHaveLength(1);
    operator.mayAct = false;
    await operator.pass(30 * MINUTE);
    const { status } = await operator.run();
    expect(status.recentRemovals).toBeUndefined();
    expect(status.started).toBeUndefined();
    expect(status.history).toEqual([]);
  });

  test.each([
    ['an installed application', 'COMPLETED'],
    ['a pending installation', 'PENDING_INSTALL_DEPLOYMENT'],
  ])('of %s does not count if it had no effect and the policy no longer names the application', async (_, state) => {
    const fleet = fakeFleet(1, [association(ws(1), VISIO, { state }), association(ws(1), OFFICE)]);
    const safeguards = { unmanagedPendingChanges: 'Deploy' as const };
    const operator = new FakeOperator(fleet, policy('p', { ...MANUAL, safeguards }));
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
    expect((await operator.run()).status.recentRemovals).toHaveLength(1);
    operator.edit(policy('p', { ...MANUAL, safeguards, applications: { denied: [{ id: OFFICE }] } }));
    operator.mayAct = false;
    const reasons: string[] = [];
    for (let minute = 0; minute < 15; minute++) {
      await operator.clock.advance(MINUTE);
      reasons.push(...(await operator.run()).events.map(({ reason }) => reason));
    }
    expect(reasons).not.toContain('Disassociated');
    expect(operator.status()?.recentRemovals).toBeUndefined();
    expect(operator.status()?.history).toEqual([]);
  });
});

describe('a failed deployment', () => {
  test.each([
    ['a removal', VISIO, 'UNINSTALLING', { denied: [{ id: VISIO }] }, `disassociate ${ws(1)} ${VISIO}`],
    ['an installation', OFFICE, 'INSTALLING', { required: [{ id: OFFICE }] }, `associate ${ws(1)} ${OFFICE}`],
  ])('of %s that someone else started is not repeated with force', async (_, id, state, applications, started) => {
    const fleet = fakeFleet(1, [association(ws(1), id, { state })]);
    const operator = new FakeOperator(fleet, policy('p', { applications }));
    await operator.run();
    fleet.put(association(ws(1), id, { state: 'ERROR', stateReason: INTERNAL_ERROR }));
    await operator.pass(30 * MINUTE);
    expect(fleet.changes()).toEqual([started, `deploy ${ws(1)}`]);
    expect(fleet.mutations.filter(({ force }) => force)).toEqual([]);
  });

  test('of a change that someone else marked and the operator deployed is repeated with force', async () => {
    const fleet = fakeFleet(1, [association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
    fleet.failDeployments(ws(1), VISIO, INTERNAL_ERROR);
    const operator = new FakeOperator(fleet, policy('p'));
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations.map(({ force }) => force).slice(0, 2)).toEqual([false, true]);
  });

  test('of the operator is repeated with force after a restart', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    fleet.failDeployments(ws(1), VISIO, INTERNAL_ERROR);
    const operator = new FakeOperator(fleet, policy('p'));
    await operator.run();
    operator.restart();
    await operator.pass(10 * MINUTE);
    expect(fleet.changes().slice(0, 3)).toEqual([
      `disassociate ${ws(1)} ${VISIO}`,
      `deploy ${ws(1)}`,
      `deploy ${ws(1)}`,
    ]);
    expect(fleet.mutations[2]?.force).toBe(true);
  });
});

test('a change whose turn comes too late says so, and is tried again later', async () => {
  const fleet = fakeFleet(2, visioOnFirst(2));
  const operator = new FakeOperator(fleet, policy('p'));
  const tags = fleet.getResources.bind(fleet);
  fleet.getResources = async (ids) => {
    await operator.clock.advance(61_000);
    return tags(ids);
  };
  const { events, status, requeueAfter } = await operator.run();
  expect(fleet.mutations).toEqual([]);
  expect(events.map(({ type, reason }) => [type, reason])).toContainEqual(['Warning', 'Throttled']);
  expect(status.associations?.[0]).toMatchObject({
    holdReason: 'BackingOff',
    message: expect.stringContaining('waited too long for its turn'),
  });
  // The other WorkSpace waits for the next run, because its turn would come too late, too.
  expect(fleet.callCount('describeWorkspaceAssociations')).toBe(1);
  expect(requeueAfter).toBe(30_000);
  fleet.getResources = tags;
  await operator.pass(10 * MINUTE);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
});
