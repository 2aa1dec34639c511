import { describe, expect, test } from 'vitest';
import type { Workspace } from '../src/fleet/model.ts';
import type { Policy } from '../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../src/policy/resource.gen.ts';
import { APPLICATIONS, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { VirtualClock } from './fakes/clock.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { DAY, MINUTE } from './fixtures.ts';

type Selector = WorkspaceApplicationPolicy['spec']['workspaceSelector'];

/** Returns a fleet of four WorkSpaces with Visio. The first is tagged Finance, the second Sales. */
function fleetOf(): FakeFleet {
  const tags = { [ws(1)]: { Department: 'Finance' }, [ws(2)]: { Department: 'Sales' } };
  return fakeFleet(4, visioOnFirst(4), { tags });
}

const finance = { matchTags: { Department: 'Finance' } };

describe('a policy that selects by tags', () => {
  test('changes only WorkSpaces with these tags', async () => {
    const fleet = fleetOf();
    const { status } = await new FakeOperator(fleet, policy('p', { workspaceSelector: { tags: finance } })).run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    expect(status.compliance).toMatchObject({ selected: 1 });
  });

  test('does not change WorkSpaces that it excludes by tags', async () => {
    const fleet = fleetOf();
    const all = {
      all: true,
      exclude: { tags: { matchExpressions: [{ key: 'Department', operator: 'Exists' as const }] } },
    };
    await new FakeOperator(fleet, policy('p', { workspaceSelector: all })).run();
    expect(fleet.changedWorkspaces()).toEqual([ws(3), ws(4)]);
  });

  test('notices a new tag within its interval', async () => {
    const fleet = fleetOf();
    const operator = new FakeOperator(
      fleet,
      policy('p', { enforcement: 'Audit', workspaceSelector: { workspaceIDs: [ws(1), ws(2)], tags: finance } }),
    );
    await operator.run();
    fleet.putTags(ws(2), { Department: 'Finance' });
    await operator.clock.advance(5 * MINUTE);
    expect((await operator.run()).status.compliance).toMatchObject({ selected: 1 });
    await operator.clock.advance(6 * MINUTE);
    expect((await operator.run()).status.compliance).toMatchObject({ selected: 2 });
  });

  test("leaves a WorkSpace unchanged while its tags alone can't be read", async () => {
    const fleet = fleetOf();
    fleet.putTags(ws(3), { Department: 'Finance' });
    fleet.failNext('getResources', 'AccessDenied');
    fleet.failNext('describeTags', 'AccessDenied', { workspaceID: ws(1) });
    const operator = new FakeOperator(fleet, policy('p', { workspaceSelector: { tags: finance } }));
    const { status } = await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(3)]);
    expect(condition(status, 'Ready')?.message).toContain(
      `1 WorkSpace stays unchanged because DescribeTags failed: injected AccessDenied: ${ws(1)}`,
    );
    await operator.pass(20 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(3)]);
  });

  test("doesn't use earlier tags of a WorkSpace whose tags can't be read", async () => {
    const fleet = fleetOf();
    const operator = new FakeOperator(
      fleet,
      policy('p', { enforcement: 'Audit', workspaceSelector: { tags: finance } }),
    );
    await operator.run();
    await operator.clock.advance(11 * MINUTE);
    fleet.failNext('getResources', 'AccessDenied');
    fleet.failNext('describeTags', 'AccessDenied', { workspaceID: ws(1) });
    expect((await operator.run()).status.compliance).toMatchObject({ selected: 0 });
  });

  test('makes no decision while no tags can be read', async () => {
    const fleet = fleetOf();
    fleet.failNext('getResources', 'AccessDenied');
    for (const n of [1, 2, 3, 4]) {
      fleet.failNext('describeTags', 'AccessDenied', { workspaceID: ws(n) });
    }
    const { status } = await new FakeOperator(fleet, policy('p', { workspaceSelector: { tags: finance } })).run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AccessDenied' });
  });

  test('drops the change if the tag is removed after the plan', async () => {
    const fleet = fleetOf();
    const operator = new FakeOperator(fleet, policy('p', { workspaceSelector: { tags: finance } }));
    operator.gracePeriodMs = MINUTE;
    await operator.run();
    fleet.putTags(ws(1), {});
    await operator.clock.advance(2 * MINUTE);
    const { outcome } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(outcome.dropped).toMatchObject([{ message: 'the policy no longer selects the WorkSpace' }]);
  });
});

describe('another policy that selects by tags', () => {
  const spares = (applications: object) =>
    policy('spares', { workspaceSelector: { tags: finance }, applications, priority: 1 });

  test.each([
    ['allows', spares({ allowed: [{ id: VISIO }] })],
    ['requires', spares({ required: [{ id: VISIO }] })],
    [
      'excepts',
      policy('excepts', {
        workspaceSelector: { tags: finance },
        applications: { denied: [{ id: 'wsa-000000000' }] },
        exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit' }],
      }),
    ],
  ])('that %s an application protects it on WorkSpaces with the tag', async (_, other) => {
    const fleet = fleetOf();
    const denies = policy('denies');
    const operator = new FakeOperator(fleet, denies, other);
    await operator.run(denies);
    expect(fleet.changedWorkspaces()).toEqual([ws(2), ws(3), ws(4)]);
  });

  test('causes no calls if it names other applications', async () => {
    const fleet = fleetOf();
    const denies = policy('denies', { enforcement: 'Audit' });
    await new FakeOperator(fleet, denies, spares({ allowed: [{ id: 'wsa-000000000' }] })).run(denies);
    expect(fleet.callCount('describeTags')).toBe(0);
  });
});

describe('a policy for unused WorkSpaces', () => {
  const unused = (neverConnected?: 'Include', more: Parameters<typeof policy>[1] = {}) =>
    policy('p', {
      workspaceSelector: { lastConnectedBefore: '60d', ...(neverConnected && { neverConnected }) },
      ...more,
    });
  const setUp = (first = unused()) => {
    const fleet = fleetOf();
    const operator = new FakeOperator(fleet, first);
    const connect = (n: number, connectionState: string, days: number) =>
      fleet.putConnection({
        workspaceID: ws(n),
        connectionState,
        lastKnownUserConnectionTimestamp: new Date(operator.clock.now().getTime() - days * DAY),
      });
    connect(1, 'DISCONNECTED', 61);
    connect(2, 'DISCONNECTED', 2);
    connect(3, 'CONNECTED', 90);
    return { fleet, operator, connect };
  };

  test('changes only WorkSpaces that are known to be unused', async () => {
    const { fleet, operator } = setUp();
    const { status } = await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    expect(status.compliance).toMatchObject({ selected: 1 });
  });

  test.each([
    ['a person deploys', { deploy: 'Manual' }],
    ['sessions may be interrupted', { userSessions: 'Interrupt' }],
  ] as const)('changes those also where %s', async (_, rollout) => {
    const { fleet, operator } = setUp(unused(undefined, { rollout }));
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });

  test('changes WorkSpaces that were never used only with neverConnected: Include', async () => {
    const { fleet, operator } = setUp(unused('Include'));
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(4)]);
  });

  test('drops the change if the user connects after the plan', async () => {
    const { fleet, operator, connect } = setUp();
    operator.gracePeriodMs = MINUTE;
    await operator.run();
    connect(1, 'DISCONNECTED', 0);
    await operator.clock.advance(2 * MINUTE);
    await operator.run();
    expect(fleet.mutations).toEqual([]);
  });
});

describe('a WorkSpace without a value that decides a selection', () => {
  const selectors: [string, Partial<Workspace>, Selector, string][] = [
    ['user name', { userName: undefined }, { all: true, exclude: { userNames: ['ceo'] } }, 'no user name'],
    ['assigned user', { userName: '[UNDEFINED]' }, { all: true, exclude: { userNames: ['ceo'] } }, 'no user name'],
    ['user to select', { userName: '[UNDEFINED]' }, { userNames: ['*'] }, 'no user name'],
    ['bundle', { bundleID: undefined }, { bundleIDs: ['wsb-000000001'] }, 'no bundle'],
  ];
  const fleetWith = (more: Partial<Workspace>) => {
    const fleet = fakeFleet(2, visioOnFirst(2));
    for (const n of [1, 2]) {
      fleet.putWorkspace(workspace(ws(n), { bundleID: 'wsb-000000001', ...(n === 1 && more) }));
    }
    // AWS lists the WorkSpaces of a bundle, but may omit the bundle of each.
    fleet.describeWorkspaces = async () => fleet.workspaces;
    return fleet;
  };

  test.each(selectors)(
    '(%s) stays unchanged, and the status and an Event name it',
    async (_, more, workspaceSelector, missing) => {
      const fleet = fleetWith(more);
      const operator = new FakeOperator(fleet, policy('p', { workspaceSelector }));
      const { status, events } = await operator.run();
      expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
      expect(condition(status, 'Ready')).toMatchObject({
        status: 'True',
        message: expect.stringContaining(`1 WorkSpace stays unchanged because AWS reports ${missing}: ${ws(1)}`),
      });
      expect(condition(status, 'Compliant')?.message).toContain('a part is unknown, see Ready');
      expect(status.compliance).toMatchObject({ selected: 1 });
      expect(events.filter(({ reason }) => reason === 'Undecided')).toMatchObject([{ type: 'Warning' }]);
      expect((await operator.run()).events.filter(({ reason }) => reason === 'Undecided')).toEqual([]);
      await operator.pass(60 * MINUTE);
      const { status: after } = await operator.run();
      expect(condition(after, 'Compliant')).toMatchObject({ status: 'Unknown', reason: 'Undecided' });
    },
  );

  test.each(selectors.slice(0, 3))(
    '(%s) keeps the application that another policy may allow there',
    async (_, more) => {
      const fleet = fleetWith(more);
      const workspaceSelector = { userNames: ['alice'] };
      const applications = { allowed: [{ id: VISIO }] };
      const denies = policy('denies');
      await new FakeOperator(fleet, denies, policy('spares', { priority: 10, workspaceSelector, applications })).run(
        denies,
      );
      expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
    },
  );

  test('(user name) keeps the application that a policy with another exclusion may require there', async () => {
    const fleet = fleetWith({ userName: undefined });
    const workspaceSelector = { all: true, exclude: { userNames: [`user-of-${ws(2)}`] } };
    const applications = { required: [{ id: VISIO }] };
    const denies = policy('denies');
    await new FakeOperator(fleet, denies, policy('spares', { priority: 10, workspaceSelector, applications })).run(
      denies,
    );
    expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
  });

  test('(user name) is not reported as compliant while an application is kept because of it', async () => {
    const fleet = fleetWith({ userName: undefined });
    const denies = policy('denies');
    const allows = policy('allows', {
      workspaceSelector: { userNames: ['alice'] },
      applications: { allowed: [{ id: VISIO }] },
    });
    const operator = new FakeOperator(fleet, denies, allows);
    await operator.pass(60 * MINUTE);
    const { status } = await operator.run(denies);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
    expect(condition(status, 'Compliant')).toMatchObject({
      status: 'Unknown',
      reason: 'Undecided',
      message: expect.stringContaining(`${ws(1)}: kept until the operator knows whether desktops/allows selects`),
    });
  });

  test('(user name) keeps the application that a policy may except there', async () => {
    const fleet = fleetWith({ userName: undefined });
    const excepts = policy('excepts', {
      workspaceSelector: { userNames: ['alice'] },
      applications: { denied: [{ id: 'wsa-000000000' }] },
      exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit' }],
    });
    const denies = policy('denies');
    await new FakeOperator(fleet, denies, excepts).run(denies);
    expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
  });

  test('(user name) stays unchanged if AWS omits it only after the plan', async () => {
    const fleet = fleetWith({});
    const operator = new FakeOperator(
      fleet,
      policy('p', { workspaceSelector: { all: true, exclude: { userNames: ['ceo'] } } }),
    );
    operator.gracePeriodMs = MINUTE;
    await operator.run();
    fleet.putWorkspace(workspace(ws(1), { userName: undefined }));
    await operator.clock.advance(2 * MINUTE);
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
  });

  test('(connection state) keeps the application that a policy for unused WorkSpaces may allow there', async () => {
    const fleet = fleetWith({});
    fleet.putConnection({ workspaceID: ws(1), connectionState: undefined });
    const applications = { allowed: [{ id: VISIO }] };
    const spares = policy('spares', { priority: 1, workspaceSelector: { lastConnectedBefore: '60d' }, applications });
    const denies = policy('denies', { rollout: { userSessions: 'Interrupt' } });
    await new FakeOperator(fleet, denies, spares).run(denies);
    expect(fleet.changedWorkspaces()).toEqual([ws(2)]);
  });
});

describe('an application without a name', () => {
  const setUp = (denied: Policy, other: Policy) => {
    const applications = APPLICATIONS.map(({ name, ...more }) =>
      more.applicationID === VISIO ? more : { ...more, name },
    );
    const fleet = fakeFleet(1, visioOnFirst(1), { applications });
    return { fleet, operator: new FakeOperator(fleet, denied, other) };
  };
  const byName = { workspaceSelector: { all: true }, applications: { allowed: [{ name: 'Microsoft Visio*' }] } };

  test('stays where an entry of another policy may allow it by name', async () => {
    const { fleet, operator } = setUp(policy('denies'), policy('allows', byName));
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(status.compliance).toMatchObject({ drifted: 0 });
  });

  test('is removed by its ID where no entry may oppose that', async () => {
    const { fleet, operator } = setUp(
      policy('denies'),
      policy('allows', { ...byName, applications: { allowed: [{ id: OFFICE }] } }),
    );
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });
});

test('an application is removed when its exception expires, regardless of the interval', async () => {
  const fleet = fleetOf();
  const operator = new FakeOperator(
    fleet,
    policy('p', {
      interval: '24h',
      workspaceSelector: { workspaceIDs: [ws(1)] },
      exceptions: [
        {
          workspaceIDs: [ws(1)],
          application: { id: VISIO },
          reason: 'audit',
          expiresAt: new Date(new VirtualClock().now().getTime() + 60 * MINUTE).toISOString(),
        },
      ],
    }),
  );
  await operator.pass(59 * MINUTE);
  expect(fleet.changedWorkspaces()).toEqual([]);
  const { requeueAfter } = await operator.run();
  expect(requeueAfter).toBe(MINUTE);
  await operator.pass(2 * MINUTE);
  expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
});
