import type { SeedDocument } from '../../../src/simulator/seedDocument.ts';

export const VISIO = 'wsa-visio0000';
export const OFFICE = 'wsa-office000';
export const PROJECT = 'wsa-project00';
export const GAME = 'wsa-game00000';

export const workspaceID = (n: number) => `ws-00000000${n}`;

/** Six WorkSpaces in two directories, with drift for every test policy. */
export const seed: SeedDocument = {
  durations: { pending: '1s', installing: '2s', uninstalling: '2s', removedListed: '1m' },
  rateLimit: { callsPerSecond: 0 },
  applications: [
    { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021' },
    { applicationID: OFFICE, name: 'Microsoft Office LTSC Professional Plus 2021' },
    { applicationID: PROJECT, name: 'Microsoft Project Professional 2021' },
    { applicationID: GAME, name: 'Solitaire', owner: '123456789012' },
  ],
  workspaces: Array.from({ length: 6 }, (_, index) => ({
    workspaceID: workspaceID(index + 1),
    userName: `user${index + 1}`,
    directoryID: index % 2 === 0 ? 'd-00000000aa' : 'd-00000000bb',
    bundleID: 'wsb-000000001',
    connection: 'DISCONNECTED',
    tags: index > 3 ? { Department: 'Finance' } : {},
    applications: [VISIO, OFFICE, GAME],
  })),
};
