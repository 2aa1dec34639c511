import { describe, expect, test } from 'vitest';
import { AWS_APPLICATIONS } from '../../src/simulator/catalog.ts';
import { ALICE, BOB, OFFICE, rejectionOf, simulate, VISIO, workspace } from './fixtures.ts';

const BUNDLE = 'wsb-00000001';
const POWER_BUNDLE = 'wsb-00000002';
const HOUR = 3_600_000;

/** Returns a fleet in which the bundle of Alice contains Visio, which she has together with Office. */
function simulateBundles() {
  const simulation = simulate({
    bundles: [
      { bundleID: BUNDLE, applications: [VISIO] },
      { bundleID: POWER_BUNDLE, computeTypeName: 'POWER', applications: [OFFICE] },
    ],
    workspaces: [workspace(ALICE, { applications: [VISIO, OFFICE], connection: 'CONNECTED' }), workspace(BOB)],
  });
  const installedOn = (id: string) => [
    ...(simulation.simulated.workspaces.find(({ workspaceID }) => workspaceID === id)?.software.installed ?? []),
  ];
  const statesOf = (id: string) => [simulation.stateOf(id, VISIO), simulation.stateOf(id, OFFICE)];
  const remove = async (applicationID: string) => {
    simulation.disassociate(ALICE, applicationID);
    simulation.deploy(ALICE);
    await simulation.clock.advance(11_000);
  };
  return { ...simulation, installedOn, statesOf, remove };
}

describe('a rebuild', () => {
  test('installs what the bundle contains, and removes everything else', async () => {
    const { clock, simulated, statesOf, workspaceState, installedOn, remove } = simulateBundles();
    await remove(VISIO);
    simulated.rebuildWorkspace(ALICE);
    expect([workspaceState(ALICE), ...statesOf(ALICE)]).toEqual(['REBUILDING', 'REMOVED', 'COMPLETED']);
    await clock.advance(60_000);
    expect([workspaceState(ALICE), ...statesOf(ALICE)]).toEqual(['AVAILABLE', 'COMPLETED', 'REMOVED']);
    expect(installedOn(ALICE)).toEqual([VISIO]);
    await clock.advance(60_000);
    expect(statesOf(ALICE)).toEqual(['COMPLETED', undefined]);
  });

  test('discards pending changes', async () => {
    const { clock, simulated, disassociate, deploy, statesOf } = simulateBundles();
    disassociate(ALICE, VISIO);
    simulated.rebuildWorkspace(ALICE);
    await clock.advance(60_000);
    expect(statesOf(ALICE)).toEqual(['COMPLETED', 'REMOVED']);
    expect(() => deploy(ALICE)).toThrow('no pending changes');
  });

  test('rejects changes while it runs, and disconnects the user', () => {
    const { simulated, call, disassociate, deploy } = simulateBundles();
    simulated.rebuildWorkspace(ALICE);
    for (const change of [() => disassociate(ALICE, VISIO), () => deploy(ALICE)]) {
      expect(rejectionOf(change)).toMatch(/^ResourceInUseException: .*REBUILDING/);
    }
    expect(call('DescribeWorkspacesConnectionStatus', { WorkspaceIds: [ALICE] })).toMatchObject({
      WorkspacesConnectionStatus: [{ ConnectionState: 'DISCONNECTED' }],
    });
  });

  test('is rejected during a deployment', () => {
    const { simulated, disassociate, deploy } = simulateBundles();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    expect(rejectionOf(() => simulated.rebuildWorkspace(ALICE))).toMatch(/^OperationNotSupportedException: .*UPDATING/);
  });
});

describe('a restore', () => {
  test('brings removed software back and keeps its association as it is', async () => {
    const { clock, simulated, statesOf, workspaceState, installedOn, remove } = simulateBundles();
    await remove(VISIO);
    expect(installedOn(ALICE)).toEqual([OFFICE]);
    simulated.restoreWorkspace(ALICE);
    expect(workspaceState(ALICE)).toBe('RESTORING');
    await clock.advance(60_000);
    expect([workspaceState(ALICE), ...statesOf(ALICE)]).toEqual(['AVAILABLE', undefined, 'COMPLETED']);
    expect(installedOn(ALICE).sort()).toEqual([OFFICE, VISIO]);
  });

  test('removes installed software and keeps its association as it is', async () => {
    const { clock, simulated, associate, deploy, statesOf, installedOn } = simulateBundles();
    associate(BOB, VISIO);
    deploy(BOB);
    await clock.advance(21_000);
    expect(installedOn(BOB)).toEqual([VISIO]);
    simulated.restoreWorkspace(BOB);
    await clock.advance(60_000);
    expect(statesOf(BOB)).toEqual(['COMPLETED', undefined]);
    expect(installedOn(BOB)).toEqual([]);
  });

  test('changes nothing after the next snapshot', async () => {
    const { clock, simulated, installedOn, remove } = simulateBundles();
    await remove(VISIO);
    await clock.advance(12 * HOUR);
    simulated.restoreWorkspace(ALICE);
    await clock.advance(60_000);
    expect(installedOn(ALICE)).toEqual([OFFICE]);
  });

  test('returns to the last snapshot before the change, even if nobody read in between', async () => {
    const { clock, simulated, installedOn, remove } = simulateBundles();
    await clock.advance(30 * HOUR);
    await remove(VISIO);
    simulated.restoreWorkspace(ALICE);
    await clock.advance(60_000);
    expect(installedOn(ALICE).sort()).toEqual([OFFICE, VISIO]);
  });

  test('of an old version makes the installation of a new one fail', async () => {
    const [oldVersion, newVersion] = ['wsa-xrptsxx48', 'wsa-5k2d09vnq'];
    const { clock, simulated, disassociate, associate, deploy, stateOf } = simulate({
      applications: AWS_APPLICATIONS,
      workspaces: [workspace(ALICE, { applications: [oldVersion] })],
    });
    disassociate(ALICE, oldVersion);
    deploy(ALICE);
    await clock.advance(11_000);
    simulated.restoreWorkspace(ALICE);
    await clock.advance(60_000);
    associate(ALICE, newVersion);
    deploy(ALICE);
    await clock.advance(21_000);
    expect(stateOf(ALICE, newVersion)).toBe('ERROR: ValidationError.ApplicationOldVersionExists');
  });
});

describe('a migration', () => {
  test('replaces the WorkSpace with one that has the applications of the bundle', async () => {
    const { clock, simulated, call, statesOf, workspaceState, installedOn } = simulateBundles();
    simulated.migrateWorkspace(ALICE, 'ws-alice0002', POWER_BUNDLE);
    expect(workspaceState(ALICE)).toBeUndefined();
    expect([workspaceState('ws-alice0002'), ...statesOf('ws-alice0002')]).toEqual(['PENDING', undefined, 'COMPLETED']);
    await clock.advance(60_000);
    expect(call('DescribeWorkspaces', { WorkspaceIds: ['ws-alice0002'] })).toMatchObject({
      Workspaces: [
        {
          State: 'AVAILABLE',
          UserName: 'alice0001',
          BundleId: POWER_BUNDLE,
          WorkspaceProperties: { ComputeTypeName: 'POWER' },
        },
      ],
    });
    expect(installedOn('ws-alice0002')).toEqual([OFFICE]);
  });

  test('to no bundle in particular keeps the associations', () => {
    const { simulated, statesOf } = simulateBundles();
    simulated.migrateWorkspace(ALICE, 'ws-alice0002');
    expect(statesOf('ws-alice0002')).toEqual(['COMPLETED', 'COMPLETED']);
  });
});

test('a canceled installation changes no software', () => {
  const { associate, disassociate, installedOn } = simulateBundles();
  associate(BOB, VISIO);
  disassociate(BOB, VISIO);
  expect(installedOn(BOB)).toEqual([]);
});

test('an undone removal changes no software', async () => {
  const { clock, simulated, associate, disassociate, deploy, installedOn } = simulateBundles();
  associate(BOB, VISIO);
  deploy(BOB);
  await clock.advance(21_000);
  simulated.restoreWorkspace(BOB);
  await clock.advance(60_000);
  disassociate(BOB, VISIO);
  associate(BOB, VISIO);
  expect(installedOn(BOB)).toEqual([]);
});

test('a failed installation is not on the volumes', () => {
  const applications = [{ applicationID: VISIO, state: 'ERROR', failed: 'INSTALL' } as const];
  const { simulated } = simulate({ workspaces: [workspace(ALICE, { applications })] });
  expect(simulated.workspaces[0]?.software.installed).toEqual(new Set());
});

test('a console user changes software and association together', () => {
  const { simulated, installedOn } = simulateBundles();
  simulated.putAssociation(BOB, VISIO);
  expect(installedOn(BOB)).toEqual([VISIO]);
  simulated.dropAssociation(BOB, VISIO);
  expect(installedOn(BOB)).toEqual([]);
});
