import { describe, expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { readRequirements } from '../../src/inventory/readRequirements.ts';
import { APPLICATIONS, policy, workspace, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { MINUTE } from '../fixtures.ts';

/** Returns 150 WorkSpaces, and a policy that selects the first two by a tag. */
function setUp(selector: object = {}) {
  const ids = Array.from({ length: 150 }, (_, n) => ws(n + 1));
  const fleet = new FakeFleet({
    workspaces: ids.map((id) => workspace(id)),
    applications: APPLICATIONS,
    tags: { [ws(1)]: { Department: 'Finance' }, [ws(2)]: { Department: 'Finance' }, [ws(3)]: { Department: 'Sales' } },
  });
  const clock = new VirtualClock();
  const inventory = new Inventory(fleet, clock);
  const finance = policy('p', {
    interval: '10m',
    workspaceSelector: { ...selector, tags: { matchTags: { Department: 'Finance' } } },
  });
  const read = async () => {
    const before = fleet.calls.length;
    const snapshot = await inventory.read(readRequirements(finance, [finance], clock.now()), finance.interval);
    const calls = fleet.calls.slice(before).map(({ method }) => method);
    const count = (method: string) => calls.filter((one) => one === method).length;
    return { snapshot, listed: count('getResources'), singly: count('describeTags') };
  };
  return { fleet, clock, read };
}

test('the tags of many WorkSpaces are read in one listing', async () => {
  const { read, fleet, clock } = setUp();
  const { snapshot, ...calls } = await read();
  expect(calls).toEqual({ listed: 1, singly: 0 });
  expect([1, 3, 4].map((n) => Object.fromEntries(snapshot.workspaces.get(ws(n))?.tags ?? []))).toEqual([
    { Department: 'Finance' },
    { Department: 'Sales' },
    {},
  ]);
  fleet.putTags(ws(4), { Department: 'Finance' });
  expect(await read()).toMatchObject({ listed: 0, singly: 0 });
  await clock.advance(10 * MINUTE);
  expect((await read()).snapshot.workspaces.get(ws(4))?.tags?.get('Department')).toBe('Finance');
});

test('the tags of one WorkSpace are read singly', async () => {
  expect(await setUp({ workspaceIDs: [ws(1)] }).read()).toMatchObject({ listed: 0, singly: 1 });
});

describe('while the listing of tags fails', () => {
  test.each(['AccessDenied', 'Unavailable', 'Unauthenticated', 'InvalidResponse'] as const)(
    'for %s they are read one by one, and listing is tried again an hour later',
    async (kind) => {
      const { read, fleet, clock } = setUp();
      fleet.failNext('getResources', kind);
      const { snapshot, ...calls } = await read();
      expect(snapshot.failures).toEqual([]);
      expect(calls).toEqual({ listed: 1, singly: 150 });
      await clock.advance(10 * MINUTE);
      expect(await read()).toMatchObject({ listed: 0, singly: 150 });
      await clock.advance(51 * MINUTE);
      expect(await read()).toMatchObject({ listed: 1, singly: 0 });
    },
  );

  test('because of throttling, no decision is made', async () => {
    const { read, fleet } = setUp();
    fleet.failNext('getResources', 'Throttled');
    expect((await read()).snapshot.failures).toMatchObject([{ details: { kind: 'Throttled' } }]);
  });

  test('after it worked, no decision is made', async () => {
    const { read, fleet, clock } = setUp();
    await read();
    await clock.advance(10 * MINUTE);
    fleet.failNext('getResources', 'Unavailable');
    const { snapshot, ...calls } = await read();
    expect(snapshot.failures).toMatchObject([{ details: { kind: 'Unavailable' } }]);
    expect(calls).toEqual({ listed: 1, singly: 0 });
  });
});
