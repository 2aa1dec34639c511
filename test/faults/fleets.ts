import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import type { Dice } from './dice.ts';
import { APPLICATIONS } from './schedule.ts';

/** Any WorkSpaces. */
export function workspacesOf(dice: Dice, isQuiet: boolean): WorkspaceDocument[] {
  const count = dice.number(2, 7);
  return Array.from({ length: count }, (_, index) => {
    const applications = dice.some(APPLICATIONS, 0.6).map(({ applicationID }) => {
      const state = isQuiet
        ? 'COMPLETED'
        : dice.one([
            'COMPLETED',
            'COMPLETED',
            'COMPLETED',
            'COMPLETED',
            'PENDING_UNINSTALL_DEPLOYMENT',
            'PENDING_INSTALL_DEPLOYMENT',
          ] as const);
      return { applicationID, state };
    });
    return {
      workspaceID: `ws-0000000${index + 1}`,
      userName: `user${index + 1}`,
      directoryID: dice.one(['d-0000000001', 'd-0000000002']),
      bundleID: dice.one(['wsb-00000001', 'wsb-00000002']),
      state: dice.one([
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'STOPPED',
        isQuiet ? 'AVAILABLE' : 'MAINTENANCE',
      ]),
      connection: dice.one([...Array<string>(8).fill('DISCONNECTED'), 'CONNECTED', 'UNKNOWN']),
      tags: { Department: dice.one(['Finance', 'Sales']), ...(dice.chance(0.1) && { 'wsap.dev/protect': '' }) },
      applications,
    };
  });
}

/** WorkSpaces that are ready, and of which most have something to lose. */
export function readyWorkspaces(dice: Dice): WorkspaceDocument[] {
  return Array.from({ length: dice.number(5, 9) }, (_, index) => ({
    workspaceID: `ws-0000000${index + 1}`,
    userName: `user${index + 1}`,
    directoryID: dice.one(['d-0000000001', 'd-0000000001', 'd-0000000002']),
    bundleID: 'wsb-00000001',
    connection: 'DISCONNECTED',
    tags: { Department: 'Finance', ...(dice.chance(0.1) && { 'wsap.dev/protect': '' }) },
    applications: dice
      .some(APPLICATIONS, 0.8)
      .map(({ applicationID }) => ({ applicationID, state: 'COMPLETED' as const })),
  }));
}

/** So many WorkSpaces that are ready, and have everything. */
export function sameWorkspaces(dice: Dice, count: number): WorkspaceDocument[] {
  return Array.from({ length: count }, (_, index) => ({
    workspaceID: `ws-0000000${index + 1}`,
    userName: `user${index + 1}`,
    directoryID: dice.one(['d-0000000001', 'd-0000000002']),
    bundleID: 'wsb-00000001',
    connection: 'DISCONNECTED',
    tags: { Department: 'Finance' },
    applications: APPLICATIONS.slice(0, 3).map(({ applicationID }) => applicationID),
  }));
}
