import type { Application, Association, Workspace, WorkspaceConnection } from '../../src/fleet/model.ts';

const number = (n: number) => String(n).padStart(8, '0');
const workspaceID = (n: number) => `ws-${number(n)}`;
const applicationID = (n: number) => `wsa-${number(n)}`;

/** Fleet of the contract tests, with more items of each kind than fit on one page. */
export const DIRECTORIES = ['d-0000000001', 'd-0000000002'] as const;
export const BUNDLES = ['wsb-00000001', 'wsb-00000002', 'wsb-00000003'] as const;
export const VISIO = applicationID(1);
export const OFFICE = applicationID(2);
/** Application without associations. */
export const UNUSED = applicationID(30);

/** Application that can be uninstalled but not installed. */
export const OVER = applicationID(29);

/** IDs of a WorkSpace and an application that don't exist. */
export const NOWHERE = workspaceID(99_999_999);
export const NOTHING = applicationID(99_999_999);

/** WorkSpace that a partner's product starts and stops. */
const manual = workspaceID(9);
/** WorkSpace whose connection AWS has never checked. */
export const unchecked = workspaceID(10);

/** WorkSpaces by their special property. All except `bare` have Visio. */
export const plain = workspaceID(1);
export const bare = workspaceID(60);
export const stopped = workspaceID(2);
export const rebooting = workspaceID(3);
export const suspended = workspaceID(4);
/** WorkSpaces whose association with Office isn't COMPLETED. */
export const pendingInstall = workspaceID(5);
export const installing = workspaceID(6);
export const failed = workspaceID(7);
export const removed = workspaceID(8);

const WORKSPACE_STATES: Readonly<Record<string, string>> = {
  [stopped]: 'STOPPED',
  [rebooting]: 'REBOOTING',
  [suspended]: 'SUSPENDED',
};
const OFFICE_STATES: Readonly<Record<string, string>> = {
  [plain]: 'COMPLETED',
  [pendingInstall]: 'PENDING_INSTALL_DEPLOYMENT',
  [installing]: 'INSTALLING',
  [failed]: 'ERROR',
  [removed]: 'REMOVED',
};

/** Bundle of the account, with an image that contains another application. */
export const CUSTOM_BUNDLE = 'wsb-00000090';
export const IMAGE = 'wsi-000000090';
export const UNKNOWN_BUNDLE = 'wsb-99999999';

/** More bundles than fit in one request. */
export const bundles = [
  ...Array.from({ length: 30 }, (_, n) => ({
    bundleID: `wsb-${number(n + 1)}`,
    name: `Bundle ${n + 1}`,
    owner: 'AMAZON',
    imageID: undefined,
    applications: n === 0 ? [OFFICE] : [],
  })),
  {
    bundleID: CUSTOM_BUNDLE,
    name: 'Custom',
    owner: '123456789012',
    imageID: IMAGE,
    applications: [VISIO, OFFICE],
  },
] as const;

/** IDs of the applications by image ID. */
export const images: Readonly<Record<string, readonly string[]>> = { [IMAGE]: [VISIO] };

export const workspaces: readonly Workspace[] = Array.from({ length: 60 }, (_, n) => ({
  workspaceID: workspaceID(n + 1),
  directoryID: DIRECTORIES[n % 2],
  userName: `user${n + 1}`,
  bundleID: BUNDLES[n % 3],
  computeTypeName: n % 2 === 0 ? 'STANDARD' : 'POWER',
  operatingSystemName: 'WINDOWS_SERVER_2022',
  state: WORKSPACE_STATES[workspaceID(n + 1)] ?? 'AVAILABLE',
  runningMode: workspaceID(n + 1) === manual ? 'MANUAL' : 'AUTO_STOP',
}));

export const applications: readonly Application[] = Array.from({ length: 30 }, (_, n) => ({
  applicationID: applicationID(n + 1),
  name: `Application ${n + 1}`,
  owner: 'AMAZON',
  state: applicationID(n + 1) === OVER ? 'UNINSTALL_ONLY' : 'AVAILABLE',
  supportedComputeTypeNames: ['STANDARD', 'POWER'],
  supportedOperatingSystemNames: ['WINDOWS_SERVER_2022', 'WINDOWS_11'],
}));

export const associations: readonly Association[] = workspaces.flatMap(({ workspaceID }) => {
  if (workspaceID === bare) {
    return [];
  }
  const visio = { workspaceID, applicationID: VISIO, state: 'COMPLETED' };
  const state = OFFICE_STATES[workspaceID];
  if (state === undefined) {
    return [visio];
  }
  const stateReason =
    state === 'ERROR'
      ? { errorCode: 'DeploymentError.WorkspaceUnreachable', errorMessage: 'The WorkSpace could not be reached.' }
      : undefined;
  return [visio, { workspaceID, applicationID: OFFICE, state, stateReason }];
});

/** Tags by WorkSpace. */
export const tags: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [plain]: { Department: 'Finance', empty: '', 'wsap.dev/protect': 'true' },
};

/** Time since AWS checked the connection of `lastUsed`, and since its user was connected. */
export const CHECKED_AGO_MS = 45 * 60_000;
export const CONNECTED_AGO_MS = 3 * 24 * 3_600_000;
/** WorkSpace that was used three days ago. */
export const lastUsed = workspaceID(11);

/** Connections. Users of all other WorkSpaces never connected. */
export const connections: readonly WorkspaceConnection[] = [
  { workspaceID: plain, connectionState: 'CONNECTED' },
  { workspaceID: stopped, connectionState: 'UNKNOWN' },
];
