import { describe, expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { planQueries, type QueryCosts } from '../../src/inventory/queryPlan.ts';
import { readRequirements } from '../../src/inventory/readRequirements.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { APPLICATIONS, association, OFFICE, PROJECT, policy, VISIO, workspace, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { MINUTE } from '../fixtures.ts';

describe('the query plan with the fewest calls', () => {
  test.each<[string, QueryCosts, string]>([
    [
      'a full pass lists',
      { listing: 400, byApplication: 1200, byWorkspace: 10_000, associated: undefined },
      'ListAll ByApplication 1600',
    ],
    [
      'a few WorkSpaces with many applications are read singly',
      { listing: 1, byApplication: 1200, byWorkspace: 3, associated: undefined },
      'ListAll ByWorkspace 4',
    ],
    [
      'what few have is read with those few',
      { listing: 400, byApplication: 4, byWorkspace: 10_000, associated: 4 },
      'ReadMatching ByApplication 8',
    ],
    [
      'what all have is listed with all',
      { listing: 400, byApplication: 400, byWorkspace: 10_000, associated: 400 },
      'ListAll ByApplication 800',
    ],
    [
      'what has just been read costs nothing',
      { listing: 0, byApplication: 0, byWorkspace: 0, associated: 0 },
      'ListAll ByApplication 0',
    ],
  ])('%s', (_, costs, expected) => {
    const { workspaces, associations, calls } = planQueries(costs);
    expect(`${workspaces} ${associations} ${calls}`).toBe(expected);
  });
});

const SIZE = 100;

/** Returns 100 WorkSpaces with Office. Every twentieth also has Visio. */
function setUp() {
  const ids = Array.from({ length: SIZE }, (_, n) => ws(n + 1));
  const fleet = new FakeFleet({
    workspaces: ids.map((id) => workspace(id)),
    applications: APPLICATIONS,
    associations: ids.flatMap((id, n) => [association(id, OFFICE), ...(n % 20 === 0 ? [association(id, VISIO)] : [])]),
  });
  const clock = new VirtualClock();
  const inventory = new Inventory(fleet, clock);
  const read = async (...policies: Policy[]) => {
    const before = fleet.calls.length;
    const snapshots = await Promise.all(
      policies.map((one) => inventory.read(readRequirements(one, policies, clock.now()), one.interval)),
    );
    const calls = fleet.calls.slice(before).map(({ method }) => method);
    return { calls: [...new Set(calls)].sort(), count: calls.length, snapshot: snapshots[0] ?? expect.unreachable() };
  };
  return { fleet, clock, read };
}

describe('a policy that denies an application of few WorkSpaces', () => {
  const denying = policy('p', { interval: '10m' });

  test('lists all WorkSpaces once an hour, and reads the few each time', async () => {
    const { fleet, clock, read } = setUp();
    const { snapshot: first } = await read(denying);
    await clock.advance(10 * MINUTE);
    fleet.putWorkspace(workspace(ws(1), { state: 'STOPPED' }));
    fleet.putWorkspace(workspace(ws(2), { state: 'STOPPED' }));
    const { snapshot, calls } = await read(denying);
    expect(calls).toEqual(['describeApplicationAssociations', 'describeApplications', 'describeWorkspaces']);
    expect(snapshot.workspaces.size).toBe(SIZE);
    expect([ws(1), ws(2)].map((id) => snapshot.workspaces.get(id)?.state)).toEqual(['STOPPED', 'AVAILABLE']);
    expect([snapshot.listedAt, snapshot.askedAt]).toEqual([first.listedAt, clock.now().getTime()]);
    await clock.advance(50 * MINUTE);
    expect((await read(denying)).snapshot.listedAt).toBe(clock.now().getTime());
  });

  test('notices new and deleted WorkSpaces between the listings', async () => {
    const { fleet, clock, read } = setUp();
    await read(denying);
    await clock.advance(10 * MINUTE);
    fleet.putWorkspace(workspace(ws(500)));
    fleet.put(association(ws(500), VISIO));
    fleet.terminate(ws(1));
    fleet.put(association(ws(1), VISIO));
    const { workspaces } = (await read(denying)).snapshot;
    expect([ws(1), ws(21), ws(500)].map((id) => workspaces.has(id))).toEqual([false, true, true]);
  });

  test('lists all WorkSpaces each time with maxInProgress', async () => {
    const { clock, read } = setUp();
    const counting = policy('p', { interval: '10m', rollout: { maxInProgress: 5 } });
    await read(counting);
    await clock.advance(10 * MINUTE);
    const { snapshot } = await read(counting);
    expect(snapshot.listedAt).toBe(clock.now().getTime());
  });
});

test('a policy with unlisted: Disassociate reads a few WorkSpaces one by one', async () => {
  const { read } = setUp();
  const few = policy('p', {
    workspaceSelector: { workspaceIDs: [ws(1)] },
    applications: { allowed: [{ id: PROJECT }], unlisted: 'Disassociate' },
  });
  const { calls, snapshot } = await read(few);
  expect(calls).toEqual(['describeApplications', 'describeWorkspaceAssociations', 'describeWorkspaces']);
  expect([...(snapshot.associations.get(ws(1))?.keys() ?? [])].sort()).toEqual([OFFICE, VISIO].sort());
});

test('many policies of a fleet take the calls of one', async () => {
  const one = await setUp().read(policy('p'));
  const many = await setUp().read(...Array.from({ length: 50 }, (_, n) => policy(`p${n}`)));
  expect(many.count).toBe(one.count);
});

test('a failed read of single WorkSpaces makes the snapshot incomplete', async () => {
  const { fleet, clock, read } = setUp();
  const denying = policy('p', { interval: '10m' });
  await read(denying);
  await clock.advance(10 * MINUTE);
  fleet.failNext('describeWorkspaces', 'Unavailable');
  expect((await read(denying)).snapshot.failures).toMatchObject([{ details: { operation: 'DescribeWorkspaces' } }]);
});
