import { describe, expect, test } from 'vitest';
import type { Reconciliation } from '../src/reconcile.ts';
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

const connect = (fleet: FakeFleet, n: number, connectionState?: string) =>
  fleet.putConnection({ workspaceID: ws(n), connectionState });
const stateOf = (fleet: FakeFleet, n: number) => fleet.stateOf(ws(n), VISIO);

describe('a person who is connected', () => {
  test('keeps their session: nothing is begun until they disconnect, which is noticed soon', async () => {
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

  test('and connects between the plan and the change is left, too', async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    const tags = fleet.describeTags.bind(fleet);
    fleet.describeTags = (id) => {
      connect(fleet, 1, 'CONNECTED');
      return tags(id);
    };
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'UserConnected' });
  });

  test('and connects after the disassociation: the deployment waits', async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = (...args) => {
      connect(fleet, 1, 'CONNECTED');
      return disassociate(...args);
    };
    const { status } = await operator.run();
    expect(stateOf(fleet, 1)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(status.associations?.[0]).toMatchObject({ action: 'Deploy', holdReason: 'UserConnected' });
  });

  test('is interrupted where the policy says so, and nobody asks who is connected', async () => {
    const { fleet, operator } = setUp({ rollout: { userSessions: 'Interrupt' } });
    connect(fleet, 1, 'CONNECTED');
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2), ws(3)]);
    expect(fleet.calls.map(({ method }) => method)).not.toContain('describeWorkspacesConnectionStatus');
  });

  test('is of no matter where a person deploys', async () => {
    const { fleet, operator } = setUp({ rollout: { deploy: 'Manual' } });
    connect(fleet, 1, 'CONNECTED');
    await operator.run();
    expect(fleet.mutations.map(({ method }) => method)).toEqual(Array(3).fill('disassociateWorkspaceApplication'));
  });

  test('takes nobody’s place in the budget', async () => {
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
    'may be there if AWS says %s of a WorkSpace that is %s: changed is %s',
    async (connectionState, state, isChanged) => {
      const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } }, state);
      connect(fleet, 1, connectionState);
      await operator.run();
      expect(fleet.changedWorkspaces()).toEqual(isChanged ? [ws(1)] : []);
    },
  );

  test('can not be ruled out while AWS refuses to say: Stalled, and nothing is done', async () => {
    const { fleet, operator } = setUp({ workspaceSelector: { workspaceIDs: [ws(1)] } });
    fleet.failNext('describeWorkspacesConnectionStatus', 'AccessDenied');
    fleet.failNext('describeWorkspacesConnectionStatus', 'AccessDenied');
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AccessDenied' });
  });
});

describe('a WorkSpace with the tag wsap.dev/protect', () => {
  test('is never changed, whatever the tag’s value, and goes on when the tag is gone', async () => {
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

  test('gets no required application either', async () => {
    const { fleet, operator } = setUp({ applications: { required: [{ name: 'Microsoft Office*' }] } });
    fleet.putTags(ws(2), { 'wsap.dev/protect': 'yes' });
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(3)]);
  });
});

describe('what policies that have ended protect', () => {
  const ended = (name: string, spec: Parameters<typeof policy>[1], seconds: number) => ({
    ...policy(name, spec),
    endsAt: new Date(new VirtualClock().now().getTime() + seconds * 1000),
  });
  const allows = { applications: { allowed: [{ id: VISIO }] } };

  test.each([
    ['what one allowed', ended('old', { ...allows, priority: 1 }, 120)],
    ['what contradicts it', ended('old', { ...allows, priority: 0 }, 120)],
    [
      'an exception of one',
      ended(
        'old',
        {
          exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit' }],
          applications: allows.applications,
        },
        120,
      ),
    ],
  ])('is looked at again once that ends: %s', async (_, old) => {
    const { fleet } = setUp();
    const current = policy('p', { workspaceSelector: { workspaceIDs: [ws(1)] } });
    const { requeueAfter } = await new FakeOperator(fleet, current, old).run();
    expect(requeueAfter).toBe(120_000);
    expect(fleet.mutations).toEqual([]);
  });
});

describe('an application that comes back', () => {
  /** It is removed, and somebody brings it back. */
  const bringBack = async (fleet: FakeFleet, operator: FakeOperator) => {
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
    fleet.put(association(ws(1), VISIO));
  };
  const one = { workspaceSelector: { workspaceIDs: [ws(1)] } };

  test('three times within a day is left until the first is a day ago, also over a restart', async () => {
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

  test('is left on each of many WorkSpaces, also over a restart', async () => {
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

  test('is told once a process has ended that was about to remove it, and that has happened', async () => {
    const { fleet, operator } = setUp({ ...one, enforcement: 'Audit' });
    await operator.run();
    operator.restart();
    fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
    const { status } = await operator.run();
    expect(status.recentRemovals).toHaveLength(1);
  });

  test.each<[string, (setting: ReturnType<typeof setUp>) => Promise<Reconciliation>]>([
    [
      'the policy is about another application',
      ({ operator }) => {
        operator.restart();
        return operator.run(policy('p', { ...one, enforcement: 'Audit', applications: { denied: [{ id: OFFICE }] } }));
      },
    ],
    [
      'its WorkSpace is gone',
      ({ fleet, operator }) => {
        operator.restart();
        fleet.terminate(ws(1));
        return operator.run();
      },
    ],
    [
      'the policy is about another fleet',
      ({ fleet, operator }) => {
        const [[key, status] = ['', {}]] = [...operator.statuses];
        operator.statuses.set(key, { ...status, fleet: { accountID: '222222222222', region: 'eu-central-1' } });
        operator.restart();
        fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
        return operator.run();
      },
    ],
  ])('is not told to be removed where %s', async (_, andThen) => {
    const setting = setUp({ ...one, enforcement: 'Audit' });
    await setting.operator.run();
    const { status } = await andThen(setting);
    expect(status.recentRemovals).toBeUndefined();
  });

  test('twice is removed again', async () => {
    const { fleet, operator } = setUp(one);
    await bringBack(fleet, operator);
    await bringBack(fleet, operator);
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
  });

  test('is counted over all policies', async () => {
    const { fleet, operator } = setUp(one);
    await bringBack(fleet, operator);
    await bringBack(fleet, operator);
    operator.policies = [policy('other', one)];
    await bringBack(fleet, operator);
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test('is counted, also if the process dies before it has told of the removal', async () => {
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

  test('is counted, also if it is back before a new process looks', async () => {
    const { fleet, operator } = setUp(one);
    fleet.put(association(ws(1), VISIO, { lastUpdatedTime: operator.clock.now() }));
    for (let time = 1; time <= 3; time++) {
      operator.mayAct = false;
      await operator.run();
      await operator.clock.advance(MINUTE);
      fleet.put(association(ws(1), VISIO, { lastUpdatedTime: operator.clock.now() }));
      operator.restart();
    }
    operator.mayAct = true;
    await operator.pass(HOUR);
    expect(stateOf(fleet, 1)).toBe('COMPLETED');
  });

  test('is counted, also if the answer to the removal was lost and the read after it failed', async () => {
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

  test('is not counted where the removal never reached AWS', async () => {
    const { fleet, operator } = setUp(one);
    for (let time = 1; time <= 4; time++) {
      fleet.failNext('disassociateWorkspaceApplication', 'Unavailable');
    }
    await operator.pass(12 * HOUR);
    expect(stateOf(fleet, 1)).toBe('REMOVED');
    expect((await operator.run()).status.recentRemovals?.[0]?.times).toHaveLength(1);
  });

  test('is forgotten after a day', async () => {
    const { operator } = setUp(one);
    await operator.pass(HOUR);
    expect((await operator.run()).status.recentRemovals).toHaveLength(1);
    await operator.pass(25 * HOUR);
    expect((await operator.run()).status.recentRemovals).toBeUndefined();
  });
});

test('what the policies no longer ask for on the fresh read is dropped, with the reason', async () => {
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
