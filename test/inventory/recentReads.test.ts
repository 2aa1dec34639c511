import { expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { workspace, ws } from '../builders.ts';
import { fakeFleet } from '../fakeOperator.ts';
import { VirtualClock } from '../fakes/clock.ts';

const MAX_AGES = { workspace: 45_000, connection: undefined };

test('a read that was in progress when a deployment started is not used', async () => {
  const [clock, fleet] = [new VirtualClock(), fakeFleet(2, [])];
  const inventory = new Inventory(fleet, clock);
  const source = { fleet, inventory, clock };
  const describe = fleet.describeWorkspaces.bind(fleet);
  fleet.describeWorkspaces = async (query) => {
    const response = await describe(query);
    await clock.sleep(1_000);
    return response;
  };
  const reads = inventory.recent.read(ws(1), [ws(2)], MAX_AGES, source);
  await clock.advance(500);
  fleet.putWorkspace(workspace(ws(2), { state: 'UPDATING' }));
  inventory.recent.recordDeployment(ws(2));
  await clock.advance(500);
  await reads;
  const again = inventory.recent.read(ws(2), [], MAX_AGES, source);
  await clock.advance(1_000);
  expect((await again).workspace?.state).toBe('UPDATING');
});

test('tags that were read for the next changes are read again if a listing has returned newer ones', async () => {
  const [clock, fleet] = [new VirtualClock(), fakeFleet(2, [])];
  const inventory = new Inventory(fleet, clock);
  const source = { fleet, inventory, clock };
  await inventory.recent.read(ws(1), [ws(2)], MAX_AGES, source);
  await clock.advance(1_000);
  fleet.putTags(ws(2), { 'wsap.dev/protect': '' });
  // The listing returns the tags of all WorkSpaces, also of those that nobody asked for.
  await inventory.refreshTags([ws(1), ws(3)], clock.now().getTime(), 2);
  const { workspace: again } = await inventory.recent.read(ws(2), [], MAX_AGES, source);
  expect([...(again?.tags?.keys() ?? [])]).toEqual(['wsap.dev/protect']);
});

test('tags that were being read when a listing returned newer ones are read again', async () => {
  const [clock, fleet] = [new VirtualClock(), fakeFleet(3, [])];
  const inventory = new Inventory(fleet, clock);
  const source = { fleet, inventory, clock };
  const getResources = fleet.getResources.bind(fleet);
  fleet.getResources = async (workspaceIDs) => {
    const response = await getResources(workspaceIDs);
    await clock.sleep(workspaceIDs === undefined ? 100 : 1_000);
    return response;
  };
  const reads = inventory.recent.read(ws(1), [ws(2)], MAX_AGES, source);
  await clock.advance(500);
  fleet.putTags(ws(1), { 'wsap.dev/protect': '' });
  fleet.putTags(ws(2), { 'wsap.dev/protect': '' });
  const listing = inventory.refreshTags([ws(1), ws(3)], clock.now().getTime(), 2);
  await clock.advance(2_000);
  await listing;
  const again = inventory.recent.read(ws(2), [], MAX_AGES, source);
  await clock.advance(2_000);
  for (const { workspace: read } of [await reads, await again]) {
    expect([...(read?.tags?.keys() ?? [])]).toEqual(['wsap.dev/protect']);
  }
});
