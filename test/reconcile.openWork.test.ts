import { describe, expect, test } from 'vitest';
import type { WorkspaceConnection } from '../src/fleet/model.ts';
import { policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { HOUR, MINUTE } from './fixtures.ts';

type Rollout = NonNullable<Parameters<typeof policy>[1]>['rollout'];

/** Returns an operator for one WorkSpace with Visio. */
function setUp(rollout: Rollout = {}, state = 'AVAILABLE') {
  const fleet = fakeFleet(1, visioOnFirst(1), { state });
  const operator = new FakeOperator(fleet, policy('p', { rollout }));
  const ago = (ms: number) => new Date(operator.clock.now().getTime() - ms);
  const connect = (connection: Omit<WorkspaceConnection, 'workspaceID'>) =>
    fleet.putConnection({ workspaceID: ws(1), ...connection });
  const holdOf = async () => (await operator.run()).status.associations?.[0]?.holdReason;
  return { fleet, operator, ago, connect, holdOf };
}

describe('a user who has just left', () => {
  test.each(['AVAILABLE', 'STOPPED'])('delays the change of a WorkSpace that is %s for an hour', async (state) => {
    const { fleet, operator, ago, connect } = setUp({}, state);
    const connectionState = state === 'STOPPED' ? 'UNKNOWN' : 'DISCONNECTED';
    connect({ connectionState, lastKnownUserConnectionTimestamp: ago(10 * MINUTE) });
    const { status, requeueAfter } = await operator.run();
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'RecentlyConnected' });
    expect(status.summary?.[1]).toMatch(/disassociate after 2026-01-05 10:50 UTC \(RecentlyConnected\)$/);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'RecentlyConnected' });
    expect(requeueAfter).toBeLessThanOrEqual(50 * MINUTE);
    await operator.pass(49 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    await operator.pass(10 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });

  test('delays the change only until the wait ends, with a run at that time', async () => {
    const { fleet, operator, ago, connect } = setUp();
    operator.policies = [policy('p', { interval: '24h' })];
    connect({ connectionState: 'DISCONNECTED', lastKnownUserConnectionTimestamp: ago(10 * MINUTE) });
    expect((await operator.run()).requeueAfter).toBe(50 * MINUTE);
    await operator.clock.advance(50 * MINUTE);
    const { status } = await operator.run();
    expect(status.associations?.[0]?.holdReason).toBeUndefined();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });

  test('and who connects again delays the change again', async () => {
    const { fleet, operator, ago, connect } = setUp();
    connect({ connectionState: 'DISCONNECTED', lastKnownUserConnectionTimestamp: ago(50 * MINUTE) });
    await operator.pass(5 * MINUTE);
    connect({ connectionState: 'CONNECTED', lastKnownUserConnectionTimestamp: ago(0) });
    await operator.pass(20 * MINUTE);
    connect({ connectionState: 'DISCONNECTED', lastKnownUserConnectionTimestamp: ago(0) });
    await operator.pass(55 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    await operator.pass(20 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });

  test('delays the deployment if they leave between the disassociation and the deployment', async () => {
    const { fleet, operator, ago, connect } = setUp();
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = async (...args) => {
      connect({ connectionState: 'DISCONNECTED', lastKnownUserConnectionTimestamp: ago(0) });
      await operator.clock.advance(20_000);
      return disassociate(...args);
    };
    const { status } = await operator.run();
    expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(status.associations?.[0]).toMatchObject({ action: 'Deploy', holdReason: 'RecentlyConnected' });
  });

  test.each<[string, Rollout]>([
    ['disconnectedFor: 0s', { disconnectedFor: '0s' }],
    ['a shorter disconnectedFor', { disconnectedFor: '9m' }],
    ['userSessions: Interrupt', { userSessions: 'Interrupt' }],
  ])('delays nothing with %s', async (_, rollout) => {
    const { fleet, operator, ago, connect } = setUp(rollout);
    connect({ connectionState: 'DISCONNECTED', lastKnownUserConnectionTimestamp: ago(10 * MINUTE) });
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });
});

describe('a user counts as connected', () => {
  test.each([
    [29, 'AVAILABLE', undefined],
    [31, 'AVAILABLE', 'UserConnected'],
    [31, 'STOPPED', 'UserConnected'],
    [-4, 'AVAILABLE', undefined],
    [-6, 'AVAILABLE', 'UserConnected'],
  ])('if AWS checked the connection %i minutes ago on a WorkSpace that is %s: %s', async (minutes, state, reason) => {
    const { ago, connect, holdOf } = setUp({}, state);
    connect({
      connectionState: state === 'STOPPED' ? 'UNKNOWN' : 'DISCONNECTED',
      connectionStateCheckTimestamp: ago(minutes * MINUTE),
    });
    expect(await holdOf()).toBe(reason);
  });

  test.each(['AVAILABLE', 'STOPPED'])('if AWS reports no connection of a WorkSpace that is %s', async (state) => {
    const { fleet, holdOf } = setUp({}, state);
    fleet.omitConnection(ws(1));
    expect(await holdOf()).toBe('UserConnected');
  });

  test('if AWS reports no time of its check', async () => {
    const { connect, holdOf } = setUp();
    connect({ connectionState: 'DISCONNECTED', connectionStateCheckTimestamp: undefined });
    expect(await holdOf()).toBe('UserConnected');
  });

  test.each(['AVAILABLE', 'STOPPED'])('if the running mode is MANUAL and the WorkSpace is %s', async (state) => {
    const { fleet, operator, holdOf } = setUp({ disconnectedFor: '0s' }, state);
    fleet.putWorkspace(workspace(ws(1), { state, runningMode: 'MANUAL' }));
    expect(await holdOf()).toBe('UserConnected');
    operator.policies = [policy('p', { rollout: { userSessions: 'Interrupt' } })];
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });

  test('until AWS checks the connection again', async () => {
    const { fleet, operator, ago, connect, holdOf } = setUp();
    connect({ connectionState: 'DISCONNECTED', connectionStateCheckTimestamp: ago(HOUR) });
    expect(await holdOf()).toBe('UserConnected');
    connect({ connectionState: 'DISCONNECTED' });
    await operator.pass(20 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });
});
