import { describe, expect, test } from 'vitest';
import type { FleetErrorKind } from '../src/fleet/errors.ts';
import { FleetError } from '../src/fleet/errors.ts';
import type { WorkspaceQuery } from '../src/fleet/ports.ts';
import type { Policy } from '../src/policy/policy.ts';
import { restrictToFleet } from '../src/policy/workspaceFleet.ts';
import { HostileAws } from './aws/hostile/hostileAws.ts';
import { GAME, OFFICE as HOSTILE_OFFICE, VISIO as HOSTILE_VISIO, seed, workspaceID } from './aws/hostile/seed.ts';
import { association, NO_LIMITS, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

/** A policy whose associations are read by WorkSpace, because that takes fewer calls. */
const readingEach = policy('p', {
  workspaceSelector: { workspaceIDs: [ws(1), ws(2)] },
  applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
});

/** Makes AWS reject the associations of a WorkSpace. */
function rejectAssociations(fleet: FakeFleet, kind: FleetErrorKind, ...ids: string[]): void {
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  fleet.describeWorkspaceAssociations = async (id) => {
    const associations = await read(id);
    if (ids.includes(id)) {
      const operation = 'DescribeWorkspaceAssociations';
      throw new FleetError({ kind, operation, resource: id, reason: `AWS says ${kind}` });
    }
    return associations;
  };
}

describe('a WorkSpace whose associations AWS rejects', () => {
  test.each(['AccessDenied', 'InvalidParameterValues', 'InvalidResponse'] as const)(
    'with %s stays unchanged alone, and the status and an Event name it',
    async (kind) => {
      const fleet = fakeFleet(2, visioOnFirst(2));
      rejectAssociations(fleet, kind, ws(2));
      const operator = new FakeOperator(fleet, readingEach);
      const { status, events } = await operator.run();
      expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
      const message = `DescribeWorkspaceAssociations failed: AWS says ${kind}`;
      expect(condition(status, 'Ready')).toMatchObject({
        status: 'True',
        message: expect.stringContaining(`1 WorkSpace stays unchanged because ${message}: ${ws(2)}`),
      });
      expect(status.compliance).toMatchObject({ selected: 1 });
      expect(events).toContainEqual({
        type: 'Warning',
        reason: 'Undecided',
        message: `Left ${ws(2)} (user-of-${ws(2)}) unchanged: ${message}`,
      });
    },
  );

  test('counts toward maxAffectedWorkspaces if the response was unusable', async () => {
    const fleet = fakeFleet(2, visioOnFirst(2));
    rejectAssociations(fleet, 'InvalidResponse', ws(2));
    const limited = { ...readingEach, maxAffectedWorkspaces: { percent: 50 } };
    const { status } = await new FakeOperator(fleet, limited).run();
    expect(fleet.changedWorkspaces()).toEqual([]);
    expect(condition(status, 'Ready')?.message).toContain(
      'removes applications from 1 WorkSpace, and perhaps from 1 that could not be read, and at most 1 (50% of 2)',
    );
  });

  test('is not treated as a WorkSpace without a required application', async () => {
    const fleet = fakeFleet(2, []);
    rejectAssociations(fleet, 'AccessDenied', ws(2));
    const requires = policy('p', {
      workspaceSelector: { workspaceIDs: [ws(1), ws(2)] },
      applications: { required: [{ id: VISIO }], unlisted: 'Disassociate' },
    });
    await new FakeOperator(fleet, requires).run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });

  test('is decided as soon as AWS accepts the read', async () => {
    const fleet = fakeFleet(2, visioOnFirst(2));
    const accepted = fleet.describeWorkspaceAssociations;
    rejectAssociations(fleet, 'AccessDenied', ws(2));
    const operator = new FakeOperator(fleet, readingEach);
    await operator.pass(5 * MINUTE);
    fleet.describeWorkspaceAssociations = accepted;
    await operator.pass(11 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2)]);
  });

  test('causes few reads', async () => {
    const fleet = fakeFleet(2, [association(ws(1), OFFICE)]);
    rejectAssociations(fleet, 'AccessDenied', ws(2));
    const operator = new FakeOperator(fleet, { ...readingEach, interval: 60 * MINUTE });
    await operator.pass(60 * MINUTE);
    expect(fleet.callCount('describeWorkspaceAssociations')).toBeLessThan(6);
  });

  test('with OperationNotSupported has no associations, because it does not run Windows', async () => {
    const fleet = fakeFleet(2, visioOnFirst(1));
    rejectAssociations(fleet, 'OperationNotSupported', ws(2));
    const { status } = await new FakeOperator(fleet, readingEach).run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(status.compliance).toMatchObject({ selected: 2, compliant: 1 });
  });

  test.each(['AccessDenied', 'InvalidParameterValues'] as const)(
    'with %s like all others leads to no decision',
    async (kind) => {
      const fleet = fakeFleet(2, visioOnFirst(2));
      rejectAssociations(fleet, kind, ws(1), ws(2));
      const { status } = await new FakeOperator(fleet, readingEach).run();
      expect(fleet.mutations).toEqual([]);
      expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: kind });
    },
  );
});

describe('a directory that AWS rejects', () => {
  const [LIVE, GONE] = ['d-9a67b1c4e2', 'd-0000000000'];
  const setUp = (policyOf: Policy, kind: FleetErrorKind = 'InvalidParameterValues') => {
    const fleet = fakeFleet(1, visioOnFirst(2));
    fleet.putWorkspace(workspace(ws(2), { directoryID: GONE }));
    const list = fleet.describeWorkspaces.bind(fleet);
    fleet.describeWorkspaces = async (query: WorkspaceQuery) => {
      const workspaces = await list(query);
      if ('directoryID' in query && query.directoryID === GONE) {
        const reason = 'the directory is not registered';
        throw new FleetError({ kind, operation: 'DescribeWorkspaces', resource: GONE, reason });
      }
      return workspaces;
    };
    return { fleet, operator: new FakeOperator(fleet, policyOf) };
  };
  const both = policy('p', { workspaceSelector: { directoryIDs: [LIVE, GONE] } });

  test.each<[string, Policy]>([
    ['of a selector', both],
    ['of a fleet', restrictToFleet(policy(), { ...NO_LIMITS, directoryIDs: new Set([LIVE, GONE]) })],
  ])('%s affects only itself, and the status and an Event name it', async (_, policyOf) => {
    const { fleet, operator } = setUp(policyOf);
    const { status, events } = await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    const message = `DescribeWorkspaces for ${GONE}: the directory is not registered`;
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'InvalidParameterValues',
      message: expect.stringContaining(message),
    });
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True' });
    expect(events).toContainEqual({ type: 'Warning', reason: 'InvalidParameterValues', message });
    expect((await operator.run()).events.map(({ reason }) => reason)).not.toContain('InvalidParameterValues');
  });

  test('is read again after five minutes, and not in each run', async () => {
    const { fleet, operator } = setUp(both);
    await operator.pass(4 * MINUTE);
    const { length } = fleet.calls.filter(({ method }) => method === 'describeWorkspaces');
    expect(length).toBeLessThan(30);
    await operator.pass(30 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
    expect(fleet.stateOf(ws(2), VISIO)).toBe('COMPLETED');
  });

  test('as the only one leads to no decision', async () => {
    const { fleet, operator } = setUp(policy('p', { workspaceSelector: { directoryIDs: [GONE] } }));
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Ready')?.message).toContain('made no decision');
  });

  test('is not a directory whose listing fails temporarily', async () => {
    const { fleet, operator } = setUp(both, 'Unavailable');
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadFailed' });
  });
});

describe('an item of a response that cannot be trusted', () => {
  type Item = Record<string, unknown>;
  const denies = policy('p', {
    interval: '1m',
    workspaceSelector: { all: true },
    applications: { denied: [{ id: HOSTILE_VISIO }] },
  });
  /** Runs a policy over AWS whose responses contain changed items. Returns the status, and the WorkSpaces that were changed. */
  async function run(policyOf: Policy, change: (operation: string, item: Item) => void) {
    const aws = new HostileAws(seed);
    aws.tamper = (operation, body) => {
      const response = JSON.parse(body);
      for (const items of Object.values(response).filter(Array.isArray)) {
        items.forEach((item: Item) => void change(operation, item));
      }
      return JSON.stringify(response);
    };
    const operator = new FakeOperator(Object.assign(aws.fleet, { advance: () => aws.advance() }), policyOf);
    const { status } = await operator.run();
    const changed = aws.served.filter(({ operation }) => !/^(Describe|Get)/.test(operation));
    const ids = new Set(changed.map(({ input }) => String(input.WorkspaceId)));
    return { status, message: condition(status, 'Ready')?.message, changed: [...ids].sort() };
  }
  const isFirst = ({ WorkspaceId, AssociatedResourceId }: Item) =>
    WorkspaceId === workspaceID(1) || AssociatedResourceId === workspaceID(1);
  const others = [2, 3, 4, 5, 6].map(workspaceID);

  test.each<[string, Item]>([
    ['a user name of 20,000 characters', { UserName: 'x'.repeat(20_000) }],
    ['a number for a bundle', { BundleId: 5 }],
  ])('(%s) affects its WorkSpace only', async (_, members) => {
    const { changed, message } = await run(denies, (operation, item) => {
      Object.assign(item, operation === 'DescribeWorkspaces' && isFirst(item) ? members : {});
    });
    expect(changed).toEqual(others);
    expect(message).toMatch(
      /1 WorkSpace stays unchanged because AWS returned a value that can't be trusted: .*ws-000000001/,
    );
  });

  test('(a hostile ID) affects its WorkSpace only', async () => {
    const { changed, message } = await run(denies, (operation, item) => {
      Object.assign(item, operation === 'DescribeWorkspaces' && isFirst(item) ? { WorkspaceId: '\u001b[2J' } : {});
    });
    expect(changed).toEqual(others);
    expect(message).toContain("ignored an item that it can't assign to a resource: DescribeWorkspaces: WorkspaceId");
  });

  test('(a number for the state of an association) affects its WorkSpace only', async () => {
    const { changed, status } = await run(denies, (operation, item) => {
      Object.assign(item, operation.endsWith('Associations') && isFirst(item) ? { State: 5 } : {});
    });
    expect(changed).toEqual(others);
    expect(status.associations?.[0]).toMatchObject({
      workspaceID: workspaceID(1),
      action: 'None',
      message: expect.stringContaining(
        "AWS returned a value of the association that can't be trusted: State isn't a string",
      ),
    });
  });

  test('(a hostile ID of an association) installs the application nowhere', async () => {
    const requires = policy('p', {
      workspaceSelector: { all: true },
      applications: { required: [{ id: HOSTILE_VISIO }] },
    });
    const { changed, message } = await run(requires, (operation, item) => {
      Object.assign(
        item,
        operation === 'DescribeApplicationAssociations' && isFirst(item) ? { AssociatedResourceId: '../a' } : {},
      );
    });
    expect(changed).toEqual([]);
    expect(message).toContain(`DescribeApplicationAssociations for ${HOSTILE_VISIO}`);
  });

  test('(a name of 20,000 characters) keeps its application everywhere', async () => {
    const unlisted = policy('p', {
      workspaceSelector: { all: true },
      applications: { allowed: [{ id: HOSTILE_OFFICE }], denied: [{ id: HOSTILE_VISIO }], unlisted: 'Disassociate' },
    });
    const { status } = await run(unlisted, (_, item) => {
      Object.assign(item, item.ApplicationId === HOSTILE_VISIO && 'Name' in item ? { Name: 'x'.repeat(20_000) } : {});
    });
    const removed = status.associations?.filter(({ state }) => state?.includes('UNINSTALL'));
    expect(new Set(removed?.map(({ associatedResourceID }) => associatedResourceID))).toEqual(new Set([GAME]));
  });

  test('(tags) affects its WorkSpace only', async () => {
    const tagged = policy('p', {
      workspaceSelector: { all: true, exclude: { tags: { matchTags: { Department: 'Finance' } } } },
      applications: { denied: [{ id: HOSTILE_VISIO }] },
    });
    const { changed, message } = await run(tagged, (operation, item) => {
      const isTagged = operation === 'GetResources' && String(item.ResourceARN).endsWith(workspaceID(5));
      Object.assign(
        item,
        isTagged ? { Tags: [{ Key: 5 }] } : operation === 'DescribeTags' && item.Value === 'Finance' ? { Key: 5 } : {},
      );
    });
    expect(changed).toEqual([1, 2, 3, 4].map(workspaceID));
    expect(message).toContain('DescribeTags failed');
  });
});
