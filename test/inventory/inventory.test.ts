import { describe, expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { readRequirements } from '../../src/inventory/readRequirements.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { HOUR } from '../fixtures.ts';

const NOW = new Date('2026-01-05T10:00:00Z');

function setUp() {
  const fleet = new FakeFleet({
    workspaces: [workspace(ws(1)), workspace(ws(2))],
    applications: APPLICATIONS,
    associations: [association(ws(1), VISIO), association(ws(2), VISIO), association(ws(2), OFFICE)],
  });
  const clock = new VirtualClock();
  return { fleet, clock, inventory: new Inventory(fleet, clock) };
}

const listedFor = (workspaceSelector: object) =>
  readRequirements(policy('p', { workspaceSelector }), [], NOW).workspaces;
const associationReads = (fleet: FakeFleet) =>
  fleet.calls.filter(({ method }) => method.endsWith('Associations')).length;
const visio = readRequirements(policy(), [], NOW);
const office = readRequirements(policy('office', { applications: { denied: [{ id: OFFICE }] } }), [], NOW);

test.each<[string, object, object[]]>([
  ['everything', { all: true }, [{ all: true }]],
  ['ids', { workspaceIDs: [ws(2), ws(1)], directoryIDs: ['d-0000000001'] }, [{ workspaceIDs: [ws(1), ws(2)] }]],
  [
    'each directory',
    { directoryIDs: ['d-0000000002', 'd-0000000001'], bundleIDs: ['wsb-00000001'] },
    [{ directoryID: 'd-0000000001' }, { directoryID: 'd-0000000002' }],
  ],
  ['each bundle', { bundleIDs: ['wsb-00000001'], userNames: ['alice'] }, [{ bundleID: 'wsb-00000001' }]],
  ['everything for user names, which AWS can only list with a directory', { userNames: ['alice'] }, [{ all: true }]],
])('the listings for a selector: %s', (_, workspaceSelector, expected) => {
  expect(listedFor(workspaceSelector)).toEqual(expected);
});

describe('the inventory', () => {
  test('reads only the associations that a policy needs', async () => {
    const { inventory } = setUp();
    const { associations, workspaces } = await inventory.read(visio, HOUR);
    expect([...workspaces.keys()]).toEqual([ws(1), ws(2)]);
    expect(associations.get(ws(2))?.has(VISIO)).toBe(true);
    expect(associations.get(ws(2))?.has(OFFICE)).toBe(false);
  });

  test('reads the associations of all applications for unlisted: Disassociate', async () => {
    const { inventory } = setUp();
    const requirements = readRequirements(
      policy('p', { applications: { allowed: [{ name: 'X' }], unlisted: 'Disassociate' } }),
      [],
      NOW,
    );
    const { associations } = await inventory.read(requirements, HOUR);
    expect([...(associations.get(ws(2))?.keys() ?? [])].sort()).toEqual([OFFICE, VISIO].sort());
  });

  test('reads once for all policies, even during the read', async () => {
    const { inventory, fleet } = setUp();
    await Promise.all([inventory.read(visio, HOUR), inventory.read(visio, HOUR), inventory.read(office, HOUR)]);
    await inventory.read(office, HOUR);
    expect(fleet.calls.map(({ method, applicationID }) => `${method} ${applicationID ?? ''}`).sort()).toEqual([
      'describeApplicationAssociations wsa-office000',
      'describeApplicationAssociations wsa-visio0000',
      'describeApplications ',
      'describeWorkspaces ',
    ]);
  });

  test('reads again what is older than the interval', async () => {
    const { inventory, fleet, clock } = setUp();
    await inventory.read(visio, HOUR);
    fleet.drop(ws(1), VISIO);
    await clock.advance(HOUR - 1);
    expect((await inventory.read(visio, HOUR)).associations.get(ws(1))?.has(VISIO)).toBe(true);
    await clock.advance(1);
    expect((await inventory.read(visio, HOUR)).associations.get(ws(1))?.has(VISIO)).toBeUndefined();
  });

  test('reads again on request', async () => {
    const { inventory, fleet, clock } = setUp();
    await inventory.read(visio, HOUR);
    const before = fleet.calls.length;
    await clock.advance(1);
    await inventory.read(visio, HOUR, clock.now());
    expect(fleet.calls.length - before).toBe(3);
  });

  test('reports a failed read and retries it soon', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.failNext('describeApplicationAssociations', 'Unavailable', { applicationID: VISIO });
    const failed = await inventory.read(visio, HOUR);
    expect(failed.failures).toMatchObject([
      { details: { operation: 'DescribeApplicationAssociations', resource: VISIO } },
    ]);
    expect((await inventory.read(visio, HOUR)).failures).toHaveLength(1);
    await clock.advance(5_001);
    const again = await inventory.read(visio, HOUR);
    expect(again.failures).toEqual([]);
    expect(again.associations.size).toBe(2);
  });

  test('returns no associations for an unknown application', async () => {
    const { inventory } = setUp();
    const unknown = readRequirements(policy('p', { applications: { denied: [{ id: 'wsa-unknown00' }] } }), [], NOW);
    expect(await inventory.read(unknown, HOUR)).toMatchObject({ failures: [] });
  });

  test('polls associations in transition and their WorkSpaces within seconds', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.putWorkspace(workspace(ws(1), { state: 'UPDATING' }));
    fleet.put(association(ws(1), VISIO, { state: 'UNINSTALLING', lastUpdatedTime: clock.now() }));
    await inventory.read(visio, HOUR);
    fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
    fleet.putWorkspace(workspace(ws(1)));
    await clock.advance(9_000);
    expect((await inventory.read(visio, HOUR)).associations.get(ws(1))?.get(VISIO)?.state).toBe('UNINSTALLING');
    await clock.advance(1_000);
    const later = await inventory.read(visio, HOUR);
    expect(later.associations.get(ws(1))?.get(VISIO)?.state).toBe('REMOVED');
    expect(later.workspaces.get(ws(1))?.state).toBe('AVAILABLE');
  });

  test('polls long transitions less often', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(
      association(ws(1), VISIO, { state: 'UNINSTALLING', lastUpdatedTime: new Date(clock.now().getTime() - 8 * HOUR) }),
    );
    await inventory.read(visio, HOUR);
    const before = associationReads(fleet);
    for (let minute = 0; minute < 59; minute++) {
      await clock.advance(60_000);
      await inventory.read(visio, HOUR);
    }
    expect(associationReads(fleet)).toBe(before);
  });

  test('prefers later observations until the next listing', async () => {
    const { inventory, fleet, clock } = setUp();
    const snapshot = await inventory.read(visio, HOUR);
    await clock.advance(1_000);
    inventory.observeAssociations(
      ws(1),
      [association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
      clock.now(),
    );
    inventory.observeAssociations(ws(2), [], clock.now());
    inventory.observeWorkspace(ws(2), undefined, clock.now());
    const recalled = await inventory.withLatest(snapshot);
    expect(recalled.associations.get(ws(1))?.get(VISIO)?.state).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(recalled.associations.get(ws(2))?.has(VISIO) ?? false).toBe(false);
    expect([...recalled.workspaces.keys()]).toEqual([ws(1)]);
    expect(fleet.calls).toHaveLength(3);
    await clock.advance(HOUR);
    const relisted = await inventory.read(visio, HOUR);
    expect(relisted.associations.get(ws(1))?.get(VISIO)?.state).toBe('COMPLETED');
    expect(relisted.workspaces.size).toBe(2);
  });

  test('polls less often even if AWS omits the time of the last update', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(association(ws(1), VISIO, { state: 'INSTALLING' }));
    for (let minute = 0; minute < 8 * 60; minute++) {
      await inventory.read(visio, HOUR);
      await clock.advance(60_000);
    }
    expect(associationReads(fleet)).toBeLessThan(30);
  });

  test('keeps a snapshot complete while reads for others fail', async () => {
    const { inventory, fleet, clock } = setUp();
    const snapshot = await inventory.read(visio, HOUR);
    await clock.advance(1_000);
    fleet.failNext('describeWorkspaces', 'Unavailable');
    expect((await inventory.read(visio, HOUR, clock.now())).failures).toMatchObject([
      { details: { operation: 'DescribeWorkspaces' } },
    ]);
    expect(await inventory.withLatest(snapshot)).toMatchObject({ failures: [], workspaces: snapshot.workspaces });
    expect((await inventory.read(visio, HOUR)).failures).toEqual([]);
  });

  test('recovers from a programming error of its reader', async () => {
    const { inventory, fleet } = setUp();
    const describe = fleet.describeWorkspaces.bind(fleet);
    fleet.describeWorkspaces = () => Promise.reject(new TypeError('a bug'));
    await expect(inventory.read(visio, HOUR)).rejects.toThrow('a bug');
    fleet.describeWorkspaces = describe;
    expect((await inventory.read(visio, HOUR)).failures).toEqual([]);
  });

  test('distinguishes a failed removal from a failed installation that it observed', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(association(ws(1), VISIO, { state: 'UNINSTALLING' }));
    fleet.put(association(ws(2), VISIO, { state: 'INSTALLING' }));
    await inventory.read(visio, HOUR);
    const failed = [ws(1), ws(2)].map((id) => association(id, VISIO, { state: 'ERROR' }));
    for (const one of failed) {
      fleet.put(one);
    }
    await clock.advance(60_000);
    const { failedOperation } = await inventory.read(visio, HOUR);
    expect(failed.map((one) => failedOperation(one))).toEqual(['Uninstall', 'Install']);
  });

  test.each([
    ['a minute after', 60_000, 'Uninstall'],
    ['later than a minute after', 61_000, undefined],
  ])(
    'attributes a failure to the operation that it saw last only up to a minute later: %s',
    async (_, delay, expected) => {
      const { inventory, fleet, clock } = setUp();
      fleet.put(association(ws(1), VISIO, { state: 'UNINSTALLING', lastUpdatedTime: clock.now() }));
      await inventory.read(visio, HOUR);
      const error = association(ws(1), VISIO, {
        state: 'ERROR',
        lastUpdatedTime: new Date(clock.now().getTime() + delay),
      });
      await clock.advance(HOUR);
      fleet.put(error);
      expect((await inventory.read(visio, HOUR)).failedOperation(error)).toBe(expected);
    },
  );

  test('attributes a failure to an operation since which AWS reports no update', async () => {
    const { inventory, fleet, clock } = setUp();
    const uninstalling = association(ws(1), VISIO, { state: 'UNINSTALLING', lastUpdatedTime: clock.now() });
    fleet.put(uninstalling);
    await inventory.read(visio, HOUR);
    await clock.advance(HOUR);
    const error = fleet.put({ ...uninstalling, state: 'ERROR' });
    expect((await inventory.read(visio, HOUR)).failedOperation(error)).toBe('Uninstall');
  });

  test("doesn't know the failed operation of an ERROR that it didn't observe", async () => {
    const { inventory, fleet, clock } = setUp();
    const error = association(ws(1), VISIO, { state: 'ERROR' });
    fleet.put(association(ws(1), VISIO, { state: 'UNINSTALLING' }));
    await inventory.read(visio, HOUR);
    fleet.drop(ws(1), VISIO);
    await clock.advance(2 * HOUR);
    await inventory.read(visio, HOUR);
    fleet.put(error);
    await clock.advance(2 * HOUR);
    expect((await inventory.read(visio, HOUR)).failedOperation(error)).toBeUndefined();
  });

  test('restores a failed removal of an earlier process, but no later one', async () => {
    const { inventory, fleet, clock } = setUp();
    const error = association(ws(1), VISIO, { state: 'ERROR', lastUpdatedTime: clock.now() });
    fleet.put(error);
    inventory.rememberFailed('Uninstall', error);
    expect((await inventory.read(visio, HOUR)).failedOperation(error)).toBe('Uninstall');
    const later = { ...error, lastUpdatedTime: new Date(clock.now().getTime() + 5_000) };
    fleet.put(later);
    await clock.advance(2 * HOUR);
    expect((await inventory.read(visio, HOUR)).failedOperation(later)).toBeUndefined();
  });

  test('shares a slow failure', async () => {
    const { inventory, fleet, clock } = setUp();
    const reading = fleet.describeWorkspaces.bind(fleet);
    fleet.describeWorkspaces = async (query) => {
      fleet.failNext('describeWorkspaces', 'Unavailable');
      await clock.sleep(20_000);
      return reading(query);
    };
    const first = inventory.read(visio, 5_000);
    await clock.advance(20_000);
    await first;
    await inventory.read(visio, 5_000);
    expect(fleet.calls.filter(({ method }) => method === 'describeWorkspaces')).toHaveLength(1);
  });

  test('shares one read between simultaneous requests', async () => {
    const { inventory, fleet, clock } = setUp();
    const asked = clock.now();
    await clock.advance(1_000);
    await inventory.read(visio, HOUR, asked);
    const before = fleet.calls.length;
    await clock.advance(1_000);
    await inventory.read(visio, HOUR, asked);
    expect(fleet.calls.length).toBe(before);
  });

  test('polls nothing that no policy changes', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(association(ws(1), VISIO, { state: 'INSTALLING' }));
    const allowing = readRequirements(policy('p', { applications: { allowed: [{ id: VISIO }] } }), [], NOW);
    expect((await inventory.read(allowing, HOUR)).refreshDueAt).toBeUndefined();
    const auditing = readRequirements(policy('p', { enforcement: 'Audit' }), [], NOW);
    await clock.advance(60_000);
    expect((await inventory.read(auditing, HOUR)).refreshDueAt).toBeUndefined();
  });

  test("polls with backoff what it isn't permitted to read", async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(association(ws(1), VISIO, { state: 'UNINSTALLING' }));
    fleet.describeWorkspaces = ((describe) => (query) => {
      if ('workspaceIDs' in query) {
        fleet.failNext('describeWorkspaces', 'AccessDenied');
      }
      return describe(query);
    })(fleet.describeWorkspaces.bind(fleet));
    for (let second = 0; second < 3_600; second += 5) {
      await inventory.read(visio, HOUR);
      await clock.advance(5_000);
    }
    expect(fleet.calls.filter(({ method }) => method === 'describeWorkspaces').length).toBeLessThan(25);
  });
});

describe('a run that follows events', () => {
  test('uses an old listing, and renews it meanwhile', async () => {
    const { inventory, fleet, clock } = setUp();
    await inventory.read(visio, HOUR);
    await clock.advance(2 * HOUR);
    fleet.drop(ws(1), VISIO);
    const followed = await inventory.read(visio, HOUR, undefined, { followsEvents: true });
    expect(followed.associations.get(ws(1))?.has(VISIO)).toBe(true);
    const renewed = await inventory.read(visio, HOUR, undefined, { followsEvents: true });
    expect(renewed.associations.has(ws(1))).toBe(false);
    expect(renewed.renewAt).toBeGreaterThan(clock.now().getTime());
  });

  test('renews a listing of WorkSpaces once an hour if only those with an application are required', async () => {
    const { inventory, fleet, clock } = setUp();
    const interval = HOUR / 6;
    await inventory.read(visio, interval);
    await clock.advance(HOUR / 2);
    await inventory.read(visio, interval, undefined, { followsEvents: true });
    expect(fleet.callCount('describeApplicationAssociations')).toBe(2);
    expect(fleet.callCount('describeWorkspaces')).toBe(1);
    await clock.advance(HOUR);
    await inventory.read(visio, interval, undefined, { followsEvents: true });
    expect(fleet.callCount('describeWorkspaces')).toBe(2);
  });

  test('does not see that the renewal fails', async () => {
    const { inventory, fleet, clock } = setUp();
    await inventory.read(visio, HOUR);
    await clock.advance(2 * HOUR);
    fleet.describeApplicationAssociations = () => Promise.reject(new TypeError('a programming error'));
    for (let n = 0; n < 2; n++) {
      const { failures } = await inventory.read(visio, HOUR, undefined, { followsEvents: true });
      expect(failures).toEqual([]);
    }
  });

  test('leaves a poll to the next run, whose newer listing it does not replace', async () => {
    const { inventory, fleet, clock } = setUp();
    fleet.put(association(ws(1), VISIO, { state: 'PENDING_INSTALL' }));
    fleet.put(association(ws(2), VISIO, { state: 'PENDING_INSTALL' }));
    const list = fleet.describeApplicationAssociations.bind(fleet);
    await inventory.read(visio, HOUR);
    await clock.advance(10_000);
    fleet.describeApplicationAssociations = async (id) => {
      const old = await list(id);
      await clock.sleep(60_000);
      return old;
    };
    await inventory.read(visio, HOUR, undefined, { followsEvents: true });
    await clock.advance(1_000);
    fleet.drop(ws(1), VISIO);
    fleet.describeApplicationAssociations = async (id) => {
      await clock.sleep(30_000);
      return list(id);
    };
    const reading = inventory.read(visio, HOUR, clock.now());
    await clock.advance(120_000);
    const { associations } = await reading;
    expect(associations.has(ws(1))).toBe(false);
    expect(associations.get(ws(2))?.has(VISIO)).toBe(true);
  });
});
