import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { APPLICATIONS } from './applications.ts';
import type { Rng } from './rng.ts';
import type { MissingMembers } from './schedule.ts';

/** Draws WorkSpaces in any state. */
export function randomWorkspaces(rng: Rng, isQuiet: boolean): WorkspaceDocument[] {
  const count = rng.number(2, 7);
  return Array.from({ length: count }, (_, index) => {
    const applications = rng.some(APPLICATIONS, 0.6).map(({ applicationID }) => {
      const state = isQuiet
        ? 'COMPLETED'
        : rng.one([
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
      userName: userNameOf(rng, index),
      directoryID: rng.one(['d-0000000001', 'd-0000000002']),
      bundleID: rng.one(['wsb-00000001', 'wsb-00000002']),
      state: rng.one([
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'STOPPED',
        isQuiet ? 'AVAILABLE' : 'MAINTENANCE',
      ]),
      connection: rng.one([...Array<string>(8).fill('DISCONNECTED'), 'CONNECTED', 'UNKNOWN']),
      tags: { Department: rng.one(['Finance', 'Sales']), ...(rng.chance(0.1) && { 'wsap.dev/protect': '' }) },
      applications,
    };
  });
}

/** Draws members that AWS does not report, of some of the WorkSpaces. */
export function randomMissingMembers(rng: Rng, workspaces: readonly WorkspaceDocument[]): MissingMembers {
  const members = ['UserName', 'DirectoryId', 'BundleId'] as const;
  return Object.fromEntries(rng.some(workspaces, 0.3).map(({ workspaceID }) => [workspaceID, [rng.one(members)]]));
}

/** Draws the name of a user. Some WorkSpaces have no user, and AWS reports a placeholder. */
function userNameOf(rng: Rng, index: number): string {
  return rng.chance(0.03) ? '[UNDEFINED]' : `user${index + 1}`;
}

/** Draws ready WorkSpaces, most of which have an application that a policy removes. */
export function readyWorkspaces(rng: Rng): WorkspaceDocument[] {
  return Array.from({ length: rng.number(5, 9) }, (_, index) => ({
    workspaceID: `ws-0000000${index + 1}`,
    userName: userNameOf(rng, index),
    directoryID: rng.one(['d-0000000001', 'd-0000000001', 'd-0000000002']),
    bundleID: 'wsb-00000001',
    connection: 'DISCONNECTED',
    tags: { Department: 'Finance', ...(rng.chance(0.1) && { 'wsap.dev/protect': '' }) },
    applications: rng
      .some(APPLICATIONS, 0.8)
      .map(({ applicationID }) => ({ applicationID, state: 'COMPLETED' as const })),
  }));
}

/** Returns `count` ready WorkSpaces with three applications each. */
export function sameWorkspaces(rng: Rng, count: number): WorkspaceDocument[] {
  return Array.from({ length: count }, (_, index) => ({
    workspaceID: `ws-0000000${index + 1}`,
    userName: `user${index + 1}`,
    directoryID: rng.one(['d-0000000001', 'd-0000000002']),
    bundleID: 'wsb-00000001',
    connection: 'DISCONNECTED',
    tags: { Department: 'Finance' },
    applications: APPLICATIONS.slice(0, 3).map(({ applicationID }) => applicationID),
  }));
}
