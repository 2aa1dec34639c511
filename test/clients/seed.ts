import type { SeedDocument } from '../../src/simulator/seedDocument.ts';

/**
 * Fleet of the client tests: WorkSpaces on several pages, applications and bundles of AWS, and WorkSpaces that AWS
 * rejects changes for.
 */
export const CLIENT_SEED: SeedDocument = {
  rateLimit: { callsPerSecond: 0 },
  durations: { pending: '0s', installing: '0s', uninstalling: '0s', removedListed: '1m' },
  roles: [{ name: 'wsap', externalID: 'secret' }],
  images: [{ imageID: 'wsi-000000001', applications: ['wsa-xrptsxx48', 'wsa-pnwx3wblx'] }],
  bundles: [
    { bundleID: 'wsb-00000001', name: 'Standard', imageID: 'wsi-000000001' },
    { bundleID: 'wsb-00000002', name: 'Value', computeTypeName: 'VALUE' },
    ...Array.from({ length: 30 }, (_, n) => ({ bundleID: `wsb-${String(n + 100).padStart(8, '0')}` })),
  ],
  workspaces: [
    {
      workspaceID: 'ws-office001',
      userName: 'alice',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      connection: 'CONNECTED',
      tags: { Department: 'Finance' },
      applications: [
        'wsa-xrptsxx48',
        {
          applicationID: 'wsa-pnwx3wblx',
          state: 'ERROR',
          stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable' },
        },
      ],
    },
    {
      workspaceID: 'ws-value0001',
      userName: 'bob',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000002',
      lastConnectedAgo: '3d',
    },
    {
      workspaceID: 'ws-server2016',
      userName: 'carol',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      operatingSystemName: 'WINDOWS_SERVER_2016',
    },
    {
      workspaceID: 'ws-suspended1',
      userName: 'dave',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      state: 'SUSPENDED',
      workspaceName: 'kiosk',
      runningMode: 'MANUAL',
    },
    {
      workspaceID: 'ws-updating01',
      userName: 'erin',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      state: 'UPDATING',
    },
  ],
  generate: [{ count: 60, idPrefix: 'desk', tags: { Department: 'Sales' }, applications: ['wsa-xrptsxx48'] }],
};
