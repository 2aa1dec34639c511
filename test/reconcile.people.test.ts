import { describe, expect, test } from 'vitest';
import type { Reconciliation } from '../src/status/report.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { VirtualClock } from './fakes/clock.ts';
import { FakeFleet } from './fakes/fleet.ts';
import { HOUR, MINUTE } from './fixtures.ts';

/** Returns an operator for three WorkSpaces with Visio. */
function setUp(spec: Parameters<typeof policy>[1] = {}, state = 'AVAILABLE') {
  const fleet = fakeFleet(3, visioOnFirst(3), { state });
  return { fleet, operator: new FakeOperator(fleet, policy('p', spec)) };
}

const NIGHT = { cron: '0 2 * * *', duration: '1h' };

const connect = (fleet: FakeFleet, n: number, connectionState?: string) =>
  fleet.putConnection({ workspaceID: ws(n), connectionState });
const stateOf = (fleet: FakeFleet, n: number) => fleet.stateOf(ws(n), VISIO);

describe('a connected user', () => {
  test('delays the change until they disconnect', async () => {
    const { fleet, operator } = setUp();
    connect(fleet, 1, 'CONNECTED');
    const { status } = await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(2), ws(3)]);
    expect(status.associations?.[0]).toMatchObject({ workspaceID: ws(1), holdReason: 'UserConnected' });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    await operator.pass(8 * MINUTE);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
    connect(fleet, 1, 'DISCONNECTED');
    await operator.pass(8 * MINUTE);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
  });

  test('who connects after the plan delays the change', async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    const tags = fleet.describeTags.bind(fleet);
    fleet.describeTags = async (id) => {
      connect(fleet, 1, 'CONNECTED');
      await operator.clock.advance(20_000);
      return tags(id);
    };
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'UserConnected' });
  });

  test('who connects after the disassociation delays the deployment', async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = async (...args) => {
      connect(fleet, 1, 'CONNECTED');
      await operator.clock.advance(20_000);
      return disassociate(...args);
    };
    const { status } = await operator.run();
    expect(stateOf(fleet, 1)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(status.associations?.[0]).toMatchObject({ action: 'Deploy', holdReason: 'UserConnected' });
  });

  test('is interrupted with userSessions: Interrupt', async () => {
    const { fleet, operator } = setUp({ rollout: { userSessions: 'Interrupt' } });
    connect(fleet, 1, 'CONNECTED');
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2), ws(3)]);
  });

  test.each(['Enforce', 'Approve'] as const)(
    'counts in the plan of an %s policy with userSessions: Interrupt',
    async (enforcement) => {
      const { fleet, operator } = setUp({ enforcement, rollout: { userSessions: 'Interrupt' } });
      operator.gracePeriodMs = 5_000;
      connect(fleet, 1, 'CONNECTED');
      fleet.omitConnection(ws(2));
      expect((await operator.run()).status.plan).toMatchObject({ deploy: 3, sessions: 1, sessionsUnknown: 1 });
      const reads = fleet.callCount('describeWorkspacesConnectionStatus');
      await operator.clock.advance(15 * MINUTE);
      await operator.run();
      expect(fleet.callCount('describeWorkspacesConnectionStatus')).toBe(reads);
    },
  );

  test('does not count in the plan of a policy that waits', async () => {
    const { fleet, operator } = setUp();
    connect(fleet, 1, 'CONNECTED');
    const { plan } = (await operator.run()).status;
    expect(plan).not.toHaveProperty('sessions');
  });

  test('delays nothing with deploy: Manual', async () => {
    const { fleet, operator } = setUp({ rollout: { deploy: 'Manual' } });
    connect(fleet, 1, 'CONNECTED');
    await operator.run();
    expect(fleet.mutations.map(({ method }) => method)).toEqual(Array(3).fill('disassociateWorkspaceApplication'));
  });

  test('does not count in the budget', async () => {
    const { fleet, operator } = setUp({ rollout: { maxInProgress: 1 } });
    connect(fleet, 1, 'CONNECTED');
    await operator.pass(30 * MINUTE);
    expect([1, 2, 3].map((n) => stateOf(fleet, n))).toEqual(['COMPLETED', 'REMOVED', 'REMOVED']);
  });

  test.each([
    ['UNKNOWN', 'STOPPED', true],
    ['UNKNOWN', 'AVAILABLE', false],
    ['DISCONNECTED', 'AVAILABLE', true],
    [undefined, 'AVAILABLE', false],
    [undefined, 'STOPPED', true],
    ['SOMETHING_NEW', 'AVAILABLE', false],
    ['CONNECTED', 'STOPPED', false],
  ])(
    'with connection state %s on a WorkSpace that is %s, and disconnectedFor: 0s: changed is %s',
    async (connectionState, state, isChanged) => {
      const { fleet, operator } = setUp(
        { workspaceSelector: { workspaceIDs: [ws(1)] }, rollout: { disconnectedFor: '0s' } },
        state,
      );
      connect(fleet, 1, connectionState);
      await operator.run();
      expect(fleet.changedWorkspaces()).toEqual(isChanged ? [ws(1)] : []);
    },
  );

  test("whose connection can't be read makes the policy Stalled", async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    fleet.failNext('describeWorkspacesConnectionStatus', 'AccessDenied');
    fleet.failNext('describeWorkspacesConnectionStatus', 'AccessDenied');
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AccessDenied' });
  });
});

describe('a WorkSpace with the tag wsap.dev/protect', () => {
  test('is not changed until the tag is removed, regardless of its value', async () => {
    const { fleet, operator } = setUp();
    fleet.putTags(ws(2), { 'wsap.dev/protect': '' });
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(3)]);
    expect((await operator.run()).status.associations?.[0]).toMatchObject({
      workspaceID: ws(2),
      holdReason: 'Protected',
    });
    fleet.putTags(ws(2), { other: 'x' });
    await operator.pass(30 * MINUTE);
    expect(stateOf(fleet, 2)).toBe('REMOVED');
  });

  test.each([
    [1, 'revalidation', 1],
    [150, 'a listing of tags', 0],
  ])('is shown in the plan of %i WorkSpaces after %s', async (count, _, reads) => {
    const fleet = fakeFleet(count, visioOnFirst(count));
    fleet.putTags(ws(1), { 'wsap.dev/protect': '' });
    const operator = new FakeOperator(fleet, policy('p'));
    operator.mayAct = count === 1;
    const { status } = await operator.run();
    expect(status.associations?.[0]).toMatchObject({ workspaceID: ws(1), holdReason: 'Protected' });
    expect(fleet.callCount('describeTags')).toBe(reads);
    expect(fleet.callCount('getResources')).toBe(count === 1 ? 0 : 1);
  });

  test('gets no required application', async () => {
    const { fleet, operator } = setUp({ applications: { required: [{ name: 'Microsoft Office*' }] } });
    fleet.putTags(ws(2), { 'wsap.dev/protect': 'yes' });
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(3)]);
  });
});

describe('the protection by an ended policy', () => {
  const ended = (name: string, spec: Parameters<typeof policy>[1], seconds: number) => ({
    ...policy(name, spec),
    endsAt: new Date(new VirtualClock().now().getTime() + seconds * 1000),
  });
  const allows = { applications: { allowed: [{ id: VISIO }] } };

  test.each([
    ['an allowed application', ended('old', { ...allows, priority: 1 }, 120)],
    ['an allowed application of equal priority', ended('old', { ...allows, priority: 0 }, 120)],
    [
      'an exception',
      ended(
        'old',
        {
          exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit' }],
          applications: allows.applications,
        },
        120,
      ),
    ],
  ])('causes a run at its end: %s', async (_, old) => {
    const { fleet } = setUp();
    const current = policy('p', { workspaceSelector: { workspaceIDs: [ws(1)] } });
    const { requeueAfter } = await new FakeOperator(fleet, current, old).run();
    expect(requeueAfter).toBe(120_000);
    expect(fleet.mutations).toEqual([]);
  });
});

describe('an application that repeatedly comes back', () => {
  /** Removes the application, then installs it again, like a user. */
  const bringBack = async (fleet: FakeFleet, operator: FakeOperator) => {
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
    fleet.put(association(ws(1), VISIO));
  };
  const one = { workspaceSelector: { workspaceIDs: [ws(1)] } };

  test('is held after three removals within 24 hours, even after a restart', async () => {
    const { fleet, operator } = setUp(one);
    await bringBack(fleet, operator);
    await bringBack(fleet, operator);
    operator.restart();
    await bringBack(fleet, operator);
    await operator.pass(HOUR);
    operator.restart();
    await operator.pass(HOUR);
    const { status } = await operator.run();
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
    expect(status.associations?.[0]).toMatchObject({
      holdReason: 'Flapping',
      message: expect.stringContaining('3 times'),
    });
    expect(status.summary?.[1]).toMatch(/disassociate after .* \(Flapping\)$/);
    expect(status.recentRemovals).toHaveLength(1);
    await operator.pass(20 * HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
  });

  test('is held on each of many WorkSpaces, even after a restart', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => n + 1);
    const fleet = new FakeFleet({ workspaces: ids.map((n) => workspace(ws(n))), applications: APPLICATIONS });
    const operator = new FakeOperator(fleet, policy('p', { safeguards: { maxAffectedWorkspaces: '100%' } }));
    for (let time = 1; time <= 4; time++) {
      ids.forEach((n) => void fleet.put(association(ws(n), VISIO)));
      await operator.pass(HOUR);
    }
    operator.restart();
    await operator.pass(HOUR);
    expect(ids.filter((n) => stateOf(fleet, n) !== 'COMPLETED')).toEqual([]);
    const { status } = await operator.run();
    expect(status.recentRemovals).toHaveLength(60);
  });

  test.each([
    ['a removal that a process was about to make before it ended', {}, 1],
    ['a removal that waited for a maintenance window', { rollout: { maintenanceWindows: [NIGHT] } }, 1],
    ['no removal that an Audit policy only showed', { enforcement: 'Audit' as const }, undefined],
    ['no removal of a suspended policy', { suspend: true }, undefined],
    ['no removal that was not approved', { enforcement: 'Approve' as const }, undefined],
  ])('counts %s', async (_, spec, count) => {
    const { fleet, operator } = setUp({ ...one, ...spec });
    operator.gracePeriodMs = 5_000;
    await operator.run();
    expect(fleet.mutations).toEqual([]);
    operator.restart();
    fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
    const { status } = await operator.run();
    expect(status.recentRemovals?.length).toBe(count);
  });

  test.each<[string, (setting: ReturnType<typeof setUp>) => Promise<Reconciliation>]>([
    [
      'the policy applies to another application',
      ({ operator }) => {
        operator.restart();
        return operator.run(policy('p', { ...one, enforcement: 'Audit', applications: { denied: [{ id: OFFICE }] } }));
      },
    ],
    [
      'its WorkSpace no longer exists',
      ({ fleet, operator }) => {
        operator.restart();
        fleet.terminate(ws(1));
        return operator.run();
      },
    ],
    [
      'the policy applies to another fleet',
      ({ fleet, operator }) => {
        const [[key, status] = ['', {}]] = [...operator.statuses];
        operator.statuses.set(key, { ...status, fleet: { accountID: '222222222222', region: 'eu-central-1' } });
        operator.restart();
        fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
        return operator.run();
      },
    ],
  ])('counts no removal if %s', async (_, andThen) => {
    const setting = setUp(one);
    setting.operator.gracePeriodMs = 5_000;
    await setting.operator.run();
    const { status } = await andThen(setting);
    expect(status.recentRemovals).toBeUndefined();
  });

  test('is removed again after two removals', async () => {
    const { fleet, operator } = setUp(one);
    await bringBack(fleet, operator);
    await bringBack(fleet, operator);
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
  });

  test('is counted across all policies', async () => {
    const { fleet, operator } = setUp(one);
    await bringBack(fleet, operator);
    await bringBack(fleet, operator);
    operator.policies = [policy('other', one)];
    await bringBack(fleet, operator);
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test('is counted even if the process ends before it reports the removal', async () => {
    const { fleet, operator } = setUp(one);
    for (let time = 1; time <= 3; time++) {
      operator.mayAct = false;
      const { status } = await operator.run();
      expect(status.associations).toMatchObject([{ action: 'Disassociate' }]);
      operator.mayAct = true;
      await operator.run();
      operator.statuses.set('desktops/p', status);
      operator.restart();
      fleet.failNext('describeWorkspaces', 'Unavailable');
      await operator.run();
      await bringBack(fleet, operator);
      await operator.clock.advance(MINUTE);
    }
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test('is counted even if its WorkSpace is missing when a new process starts', async () => {
    const { fleet, operator } = setUp(one);
    for (let time = 1; time <= 3; time++) {
      operator.mayAct = false;
      const { status } = await operator.run();
      operator.mayAct = true;
      await operator.run();
      operator.statuses.set('desktops/p', status);
      operator.restart();
      const describe = fleet.describeWorkspaces.bind(fleet);
      fleet.describeWorkspaces = async () => [];
      await operator.run();
      fleet.describeWorkspaces = describe;
      await operator.clock.advance(HOUR);
      await operator.run();
      await bringBack(fleet, operator);
      await operator.clock.advance(MINUTE);
    }
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test.each(['COMPLETED', 'PENDING_INSTALL_DEPLOYMENT', 'PENDING_INSTALL', 'INSTALLING'])(
    'is counted even if it comes back before a new process reads it in the state %s',
    async (state) => {
      const { fleet, operator } = setUp(one);
      operator.mayAct = false;
      fleet.put(association(ws(1), VISIO, { lastUpdatedTime: operator.clock.now() }));
      for (let time = 1; time <= 3; time++) {
        await operator.run();
        await operator.clock.advance(MINUTE);
        fleet.put(association(ws(1), VISIO, { state, lastUpdatedTime: operator.clock.now() }));
        operator.restart();
        await operator.run();
        await operator.clock.advance(MINUTE);
        fleet.put(association(ws(1), VISIO, { lastUpdatedTime: operator.clock.now() }));
      }
      operator.mayAct = true;
      await operator.pass(HOUR);
      expect(stateOf(fleet, 1)).toBe('COMPLETED');
    },
  );

  test('is counted even if the response is lost and the next read fails', async () => {
    const { fleet, operator } = setUp(one);
    for (let time = 1; time <= 3; time++) {
      fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
      const read = fleet.describeWorkspaceAssociations.bind(fleet);
      let reads = 0;
      fleet.describeWorkspaceAssociations = (workspaceID) => {
        if (++reads === 2) {
          fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
        }
        return read(workspaceID);
      };
      await operator.run();
      fleet.describeWorkspaceAssociations = read;
      await bringBack(fleet, operator);
      await operator.clock.advance(MINUTE);
    }
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test('is not counted if the removal never reached AWS', async () => {
    const { fleet, operator } = setUp(one);
    for (let time = 1; time <= 4; time++) {
      fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
    }
    await operator.pass(12 * HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
    expect((await operator.run()).status.recentRemovals?.[0]?.times).toHaveLength(1);
  });

  test('is removed again after 24 hours', async () => {
    const { operator } = setUp(one);
    await operator.pass(HOUR);
    expect((await operator.run()).status.recentRemovals).toHaveLength(1);
    await operator.pass(25 * HOUR);
    expect((await operator.run()).status.recentRemovals).toBeUndefined();
  });
});

test('a change that is obsolete after the fresh read is dropped with a reason', async () => {
  const { fleet, operator } = setUp({ workspaceSelector: { userNames: ['user-of-*'] } });
  const describe = fleet.describeWorkspaces.bind(fleet);
  fleet.describeWorkspaces = (query) => {
    if ('workspaceIDs' in query) {
      fleet.putWorkspace(workspace(ws(1), { userName: 'somebody-else' }));
    }
    return describe(query);
  };
  const { outcome } = await operator.run();
  expect(fleet.changedWorkspaces()).toEqual([ws(2), ws(3)]);
  expect(outcome.dropped).toMatchObject([{ message: 'the policy no longer selects the WorkSpace' }]);
});
