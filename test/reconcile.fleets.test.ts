import { describe, expect, test } from 'vitest';
import { HourlyDisassociations } from '../src/execute/hourlyDisassociations.ts';
import { APPLICATIONS, association, OPEN_TERMS, policy, VISIO, workspace, ws } from './builders.ts';
import { FakeFleet } from './fakes/fleet.ts';
import { condition, World } from './world.ts';

const MINUTE = 60_000;

/** Four WorkSpaces with Visio, and a policy that denies it. */
function worldOf(...policies: ReturnType<typeof policy>[]) {
  const workspaces = [1, 2, 3, 4].map((n) => workspace(ws(n)));
  const associations = workspaces.map(({ workspaceID }) => association(workspaceID, VISIO));
  const fleet = new FakeFleet({ workspaces, applications: APPLICATIONS, associations });
  return new World(fleet, ...(policies.length > 0 ? policies : [policy()]));
}

/** Of which another policy takes one right before each run takes its own. */
class Contended extends HourlyDisassociations {
  override async reserve(wanted: number, now: Date) {
    (await super.reserve(1, now)).take();
    return super.reserve(wanted, now);
  }
}

const disassociated = ({ fleet }: World) =>
  fleet.mutations.filter(({ method }) => method === 'disassociateWorkspaceApplication').length;

describe('an hourly limit', () => {
  test('is made use of, said, and made use of again an hour later', async () => {
    const world = worldOf();
    world.hourly = new HourlyDisassociations(3, [], async () => {});
    await world.pass(20 * MINUTE);
    expect(disassociated(world)).toBe(3);
    const status = world.statuses.get(policy().key);
    expect(status && condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'HourlyLimitReached' });
    expect(status?.workspaces?.[1]).toMatch(/HourlyLimitReached/);
    await world.pass(50 * MINUTE);
    expect(disassociated(world)).toBe(4);
  });

  test('is one for all policies, also if another took the rest since the plan was made', async () => {
    const world = worldOf();
    world.hourly = new Contended(3, [], async () => {});
    const { outcome } = await world.run();
    expect(disassociated(world)).toBe(2);
    expect(outcome.held.map(({ reason }) => reason)).toEqual(['HourlyLimitReached']);
    expect(outcome.failures).toEqual([]);
  });

  test('that can’t be recorded lets nothing be disassociated', async () => {
    const world = worldOf();
    world.hourly = new HourlyDisassociations(3, [], () => Promise.reject(new Error('the API server is gone')));
    await expect(world.run()).rejects.toThrow('the API server is gone');
    expect(disassociated(world)).toBe(0);
  });
});

test('in a suspended fleet nothing is changed, also not what has begun', async () => {
  const world = worldOf();
  world.fleet.put(association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
  world.terms = { ...OPEN_TERMS, suspend: true };
  await world.pass(20 * MINUTE);
  expect(world.fleet.mutations).toEqual([]);
  expect(world.statuses.get(policy().key)?.compliance).toMatchObject({ held: 4 });
  world.terms = OPEN_TERMS;
  await world.pass(20 * MINUTE);
  expect(world.statuses.get(policy().key)?.compliance).toMatchObject({ compliant: 4 });
});
