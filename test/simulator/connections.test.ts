import { describe, expect, test } from 'vitest';
import type { SeedDocument, WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { ALICE, simulate, workspace } from './fixtures.ts';

const MINUTE = 60_000;

/** Returns a fleet of one WorkSpace and a function that returns its connection status, with ages in seconds. */
function simulateConnection(more: Partial<WorkspaceDocument> = {}, durations: SeedDocument['durations'] = {}) {
  const simulation = simulate({ workspaces: [workspace(ALICE, more)], durations });
  const status = () => {
    const output = simulation.call('DescribeWorkspacesConnectionStatus', { WorkspaceIds: [ALICE] });
    const [found] = output.WorkspacesConnectionStatus as Record<string, unknown>[];
    const now = simulation.clock.now().getTime() / 1000;
    const age = (member: string) => (found?.[member] === undefined ? undefined : now - Number(found[member]));
    return (
      found && {
        state: found.ConnectionState,
        checked: age('ConnectionStateCheckTimestamp'),
        connected: age('LastKnownUserConnectionTimestamp'),
      }
    );
  };
  return { ...simulation, status };
}

describe('the connection status', () => {
  test('is as old as the seed says, and ages', async () => {
    const { clock, status } = simulateConnection({ connection: 'CONNECTED', connectionCheckedAgo: '45m' });
    expect(status()).toEqual({ state: 'CONNECTED', checked: 2_700, connected: 2_700 });
    await clock.advance(MINUTE);
    expect(status()).toEqual({ state: 'CONNECTED', checked: 2_760, connected: 2_760 });
  });

  test('doesn’t exist if AWS never checked', () => {
    expect(simulateConnection({ connectionCheckedAgo: 'never' }).status()).toBeUndefined();
  });

  test.each(['PENDING', 'ERROR', 'TERMINATING', 'TERMINATED'])('doesn’t exist in state %s', (state) => {
    expect(simulateConnection({ state }).status()).toBeUndefined();
  });

  test('is UNKNOWN with the last connection of the user if the WorkSpace is stopped', () => {
    const { status } = simulateConnection({ state: 'STOPPED', connection: 'CONNECTED', lastConnectedAgo: '1h' });
    expect(status()).toEqual({ state: 'UNKNOWN', checked: 0, connected: 3_600 });
  });

  test('has no last connection if the user never connected', () => {
    expect(simulateConnection().status()).toEqual({ state: 'DISCONNECTED', checked: 0, connected: undefined });
  });

  test('is that of the last check with an interval', async () => {
    const { clock, simulated, status } = simulateConnection({}, { connectionChecks: '30m' });
    expect(status()).toMatchObject({ state: 'DISCONNECTED', checked: 0 });
    await clock.advance(10 * MINUTE);
    simulated.setWorkspace(ALICE, { connection: 'CONNECTED' });
    await clock.advance(10 * MINUTE);
    expect(status()).toEqual({ state: 'DISCONNECTED', checked: 1_200, connected: undefined });
    await clock.advance(15 * MINUTE);
    expect(status()).toEqual({ state: 'CONNECTED', checked: 300, connected: 300 });
  });

  test('includes a check that was due before a change, even if nobody read it', async () => {
    const { clock, simulated, status } = simulateConnection({ connection: 'CONNECTED' }, { connectionChecks: '30m' });
    await clock.advance(35 * MINUTE);
    simulated.setWorkspace(ALICE, { connection: 'DISCONNECTED' });
    expect(status()).toEqual({ state: 'CONNECTED', checked: 300, connected: 300 });
  });

  test('ages, disappears, and is checked again through the control endpoint', async () => {
    const { clock, simulated, status } = simulateConnection({ connection: 'CONNECTED' });
    simulated.setWorkspace(ALICE, { connectionCheckedAgo: '1h', connection: 'DISCONNECTED', lastConnectedAgo: '2h' });
    expect(status()).toEqual({ state: 'DISCONNECTED', checked: 3_600, connected: 7_200 });
    simulated.setWorkspace(ALICE, { connectionCheckedAgo: 'never' });
    expect(status()).toBeUndefined();
    simulated.setWorkspace(ALICE, { connection: 'DISCONNECTED', lastConnectedAgo: 'never' });
    await clock.advance(MINUTE);
    expect(status()).toEqual({ state: 'DISCONNECTED', checked: 0, connected: undefined });
  });
});
