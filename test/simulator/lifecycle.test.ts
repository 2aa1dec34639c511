import { describe, expect, test } from 'vitest';
import { ASSOCIATION_ERROR_CODES, ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { ALICE, associationsIn, BOB, OFFICE, simulate, VISIO, workspace } from './fixtures.ts';

describe('a removal', () => {
  test('passes through all states to REMOVED, stays listed for a while, then disappears', async () => {
    const { clock, disassociate, deploy, stateOf, workspaceState } = simulate();
    expect(stateOf(ALICE, VISIO)).toBe('COMPLETED');
    disassociate(ALICE, VISIO);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['PENDING_UNINSTALL_DEPLOYMENT', 'AVAILABLE']);
    await clock.advance(3_600_000);
    expect(stateOf(ALICE, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');

    deploy(ALICE);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['PENDING_UNINSTALL', 'UPDATING']);
    await clock.advance(1_000);
    expect(stateOf(ALICE, VISIO)).toBe('UNINSTALLING');
    await clock.advance(9_999);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['UNINSTALLING', 'UPDATING']);
    await clock.advance(1);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual(['REMOVED', 'AVAILABLE']);
    await clock.advance(59_999);
    expect(stateOf(ALICE, VISIO)).toBe('REMOVED');
    await clock.advance(1);
    expect([stateOf(ALICE, VISIO), stateOf(ALICE, OFFICE)]).toEqual([undefined, 'COMPLETED']);
  });

  test('reaches the same state without reads in between', async () => {
    const { clock, disassociate, deploy, stateOf, workspaceState } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    await clock.advance(86_400_000);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual([undefined, 'AVAILABLE']);
  });

  test('dates a change by its time, not by the time of the read', async () => {
    const { clock, call, disassociate, deploy } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    const deployed = clock.now().getTime() / 1000;
    await clock.advance(30_000);
    const input = { WorkspaceId: ALICE, AssociatedResourceTypes: ['APPLICATION'] };
    const visio = associationsIn(call('DescribeWorkspaceAssociations', input)).find((one) => one.State === 'REMOVED');
    expect(visio?.LastUpdatedTime).toBe(deployed + 11);
  });

  test('is undone by Associate until it is deployed', () => {
    const { disassociate, associate, deploy, stateOf } = simulate();
    disassociate(ALICE, VISIO);
    associate(ALICE, VISIO);
    expect(stateOf(ALICE, VISIO)).toBe('COMPLETED');
    expect(() => deploy(ALICE)).toThrow('no pending changes');
  });

  test('of a failed association returns to the failure when undone', () => {
    const stateReason = { errorCode: 'DeploymentError.InternalServerError' } as const;
    const applications = [{ applicationID: VISIO, state: 'ERROR', stateReason } as const];
    const { disassociate, associate, stateOf } = simulate({ workspaces: [workspace(ALICE, { applications })] });
    disassociate(ALICE, VISIO);
    expect(stateOf(ALICE, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    associate(ALICE, VISIO);
    expect(stateOf(ALICE, VISIO)).toBe('ERROR: DeploymentError.InternalServerError');
  });

  test('ends the session of the user', async () => {
    const { call, disassociate, deploy } = simulate();
    const connection = () => call('DescribeWorkspacesConnectionStatus', { WorkspaceIds: [ALICE] });
    expect(connection()).toMatchObject({ WorkspacesConnectionStatus: [{ ConnectionState: 'CONNECTED' }] });
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    expect(connection()).toMatchObject({ WorkspacesConnectionStatus: [{ ConnectionState: 'DISCONNECTED' }] });
  });
});

describe('an installation', () => {
  test('passes through all states to COMPLETED', async () => {
    const { clock, associate, deploy, stateOf, workspaceState } = simulate();
    associate(BOB, VISIO);
    const states = [stateOf(BOB, VISIO)];
    deploy(BOB);
    for (const seconds of [0, 1, 20]) {
      await clock.advance(seconds * 1000);
      states.push(stateOf(BOB, VISIO));
    }
    expect(states).toEqual(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_INSTALL', 'INSTALLING', 'COMPLETED']);
    expect(workspaceState(BOB)).toBe('AVAILABLE');
  });

  test('is canceled by Disassociate until it is deployed', () => {
    const { associate, disassociate, stateOf } = simulate();
    associate(BOB, VISIO);
    disassociate(BOB, VISIO);
    expect(stateOf(BOB, VISIO)).toBe('REMOVED');
  });
});

describe('a deployment', () => {
  test('deploys all pending changes of the WorkSpace and of no other', () => {
    const { associate, disassociate, deploy, stateOf } = simulate();
    disassociate(ALICE, VISIO);
    associate(ALICE, 'wsa-inhouse01');
    associate(BOB, VISIO);
    const deployed = associationsIn(deploy(ALICE)).map(({ AssociatedResourceId, State }) => [
      AssociatedResourceId,
      State,
    ]);
    expect(deployed).toEqual([
      [VISIO, 'PENDING_UNINSTALL'],
      ['wsa-inhouse01', 'PENDING_INSTALL'],
    ]);
    expect(stateOf(BOB, VISIO)).toBe('PENDING_INSTALL_DEPLOYMENT');
  });

  test('keeps the WorkSpace UPDATING until the last change is done, then returns it to STOPPED', async () => {
    const { clock, associate, disassociate, deploy, workspaceState } = simulate({
      workspaces: [workspace(ALICE, { state: 'STOPPED', applications: [VISIO] })],
    });
    disassociate(ALICE, VISIO);
    associate(ALICE, OFFICE);
    deploy(ALICE);
    await clock.advance(20_999);
    expect(workspaceState(ALICE)).toBe('UPDATING');
    await clock.advance(1);
    expect(workspaceState(ALICE)).toBe('STOPPED');
  });

  test.each(ASSOCIATION_ERROR_CODES)('that fails with %s is repeated only with Force', async (errorCode) => {
    let isBroken = true;
    const { clock, disassociate, deploy, stateOf, workspaceState } = simulate({}, () =>
      isBroken ? { errorCode, errorMessage: 'broken' } : undefined,
    );
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    await clock.advance(11_000);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual([`ERROR: ${errorCode}`, 'AVAILABLE']);
    expect(() => deploy(ALICE)).toThrow('no pending changes');
    isBroken = false;
    deploy(ALICE, true);
    expect(stateOf(ALICE, VISIO)).toBe('PENDING_UNINSTALL');
    await clock.advance(11_000);
    expect(stateOf(ALICE, VISIO)).toBe('REMOVED');
  });

  test('that failed to install is repeated as an installation', async () => {
    const applications = [{ applicationID: VISIO, state: 'ERROR', failed: 'INSTALL' } as const];
    const { clock, deploy, stateOf } = simulate({ workspaces: [workspace(ALICE, { applications })] });
    deploy(ALICE, true);
    await clock.advance(21_000);
    expect(stateOf(ALICE, VISIO)).toBe('COMPLETED');
  });
});

describe('a seed', () => {
  test.each(ASSOCIATION_STATES)('can start an association in %s with any reason', (state) => {
    for (const errorCode of ASSOCIATION_ERROR_CODES) {
      const applications = [{ applicationID: VISIO, state, stateReason: { errorCode } }];
      const { stateOf } = simulate({ workspaces: [workspace(ALICE, { applications })] });
      expect(stateOf(ALICE, VISIO)).toBe(`${state}: ${errorCode}`);
    }
  });

  const ends = [
    ['PENDING_INSTALL', 'COMPLETED', 21_000],
    ['INSTALLING', 'COMPLETED', 20_000],
    ['PENDING_UNINSTALL', 'REMOVED', 11_000],
    ['UNINSTALLING', 'REMOVED', 10_000],
    ['REMOVED', undefined, 60_000],
    ['ERROR', 'ERROR', 1e9],
    ['PENDING_INSTALL_DEPLOYMENT', 'PENDING_INSTALL_DEPLOYMENT', 1e9],
  ] as const;
  test.each(ends)('that starts in %s reaches %s as time passes', async (state, end, after) => {
    const applications = [{ applicationID: VISIO, state }];
    const { clock, stateOf, workspaceState } = simulate({ workspaces: [workspace(ALICE, { applications })] });
    const isTransitioning = after < 60_000;
    expect(workspaceState(ALICE)).toBe(isTransitioning ? 'UPDATING' : 'AVAILABLE');
    await clock.advance(after);
    expect([stateOf(ALICE, VISIO), workspaceState(ALICE)]).toEqual([end, 'AVAILABLE']);
  });
});
