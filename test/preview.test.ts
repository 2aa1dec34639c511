import { expect, test } from 'vitest';
import { NO_APPROVAL } from '../src/plan/approval.ts';
import { preview } from '../src/preview.ts';
import { policy, ws } from './builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';

const COUNT = 250;
const one = policy();

/** Returns a fleet in which all users are connected. */
function connectedFleet(): FakeFleet {
  const connections = Array.from({ length: COUNT }, (_, n) => ({
    workspaceID: ws(n + 1),
    connectionState: 'CONNECTED',
  }));
  return fakeFleet(COUNT, visioOnFirst(COUNT), { connections });
}

function previewOf(fleet: FakeFleet) {
  const { shared, clock } = new FakeOperator(fleet, one);
  const peers = { policiesOverlapping: () => [one], policiesInScope: () => [one] };
  return preview(one, { ...shared, ...peers, clock, approval: NO_APPROVAL, request: undefined });
}

test('checks the sessions of all WorkSpaces, and changes nothing', async () => {
  const fleet = connectedFleet();
  const { plan } = (await previewOf(fleet)) as Extract<Awaited<ReturnType<typeof previewOf>>, { plan: unknown }>;
  expect([...plan.changes]).toEqual([]);
  expect(new Set(plan.held.map(({ reason }) => reason))).toEqual(new Set(['UserConnected']));
  expect(plan.held).toHaveLength(COUNT);
  expect(fleet.mutations).toEqual([]);
});

test.each([1, COUNT])('shows the tag wsap.dev/protect on %i of the WorkSpaces', async (count) => {
  const fleet = fakeFleet(COUNT, visioOnFirst(count));
  fleet.putTags(ws(1), { 'wsap.dev/protect': '' });
  const { plan } = (await previewOf(fleet)) as Extract<Awaited<ReturnType<typeof previewOf>>, { plan: unknown }>;
  expect(plan.held.map(({ change, reason }) => [change.finding.workspace.workspaceID, reason])).toEqual([
    [ws(1), 'Protected'],
  ]);
  expect(plan.changes).toHaveLength(count - 1);
  // The tags of many WorkSpaces are read in one listing.
  expect(fleet.callCount('describeTags')).toBe(count === 1 ? 1 : 0);
});

test('ends if sessions cannot be read', async () => {
  const fleet = connectedFleet();
  fleet.failNext('describeWorkspacesConnectionStatus', 'AccessDenied');
  await expect(previewOf(fleet)).resolves.toMatchObject({ plan: { held: { length: 0 } } });
});

test('reads the tags of a waiting plan once, even if that takes longer than the interval', async () => {
  const fleet = fakeFleet(3, visioOnFirst(3));
  const waiting = policy('no-visio', { enforcement: 'Approve', interval: '5s' });
  const { shared, clock } = new FakeOperator(fleet, waiting);
  const getResources = fleet.getResources.bind(fleet);
  fleet.getResources = async () => {
    const tags = await getResources();
    await clock.advance(6_000);
    return tags;
  };
  const peers = { policiesOverlapping: () => [waiting], policiesInScope: () => [waiting] };
  await expect(
    preview(waiting, { ...shared, ...peers, clock, approval: NO_APPROVAL, request: undefined }),
  ).resolves.toMatchObject({ approval: { proposed: { outcome: { size: 3 } } } });
  expect(fleet.callCount('getResources')).toBe(1);
});
