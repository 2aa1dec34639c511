import type { Application, Association, Workspace, WorkspaceConnection } from '../../src/fleet/model.ts';

const number = (n: number) => String(n).padStart(8, '0');
const workspaceId = (n: number) => `ws-${number(n)}`;
const applicationId = (n: number) => `wsa-${number(n)}`;

/** The fleet on which the contract is tested: more of everything than one page of AWS holds. */
export const DIRECTORIES = ['d-0000000001', 'd-0000000002'] as const;
export const BUNDLES = ['wsb-00000001', 'wsb-00000002', 'wsb-00000003'] as const;
export const VISIO = applicationId(1);
export const OFFICE = applicationId(2);
/** An application that is on no WorkSpace. */
export const UNUSED = applicationId(30);

/** An application that can be uninstalled and never installed again. */
export const OVER = applicationId(29);

/** Ids of a WorkSpace and an application that don't exist. */
export const NOWHERE = workspaceId(99_999_999);
export const NOTHING = applicationId(99_999_999);

/** WorkSpaces by what is special about them; Visio is on all but `bare`. */
export const plain = workspaceId(1);
export const bare = workspaceId(60);
export const stopped = workspaceId(2);
export const rebooting = workspaceId(3);
export const suspended = workspaceId(4);
/** On these the association with Office is in another state than COMPLETED. */
export const pendingInstall = workspaceId(5);
export const installing = workspaceId(6);
export const failed = workspaceId(7);
export const removed = workspaceId(8);

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

export const workspaces: readonly Workspace[] = Array.from({ length: 60 }, (_, n) => ({
  workspaceId: workspaceId(n + 1),
  directoryId: DIRECTORIES[n % 2],
  userName: `user${n + 1}`,
  bundleId: BUNDLES[n % 3],
  state: WORKSPACE_STATES[workspaceId(n + 1)] ?? 'AVAILABLE',
}));

export const applications: readonly Application[] = Array.from({ length: 30 }, (_, n) => ({
  applicationId: applicationId(n + 1),
  name: `Application ${n + 1}`,
  owner: 'AMAZON',
  state: applicationId(n + 1) === OVER ? 'UNINSTALL_ONLY' : 'AVAILABLE',
}));

export const associations: readonly Association[] = workspaces.flatMap(({ workspaceId }) => {
  if (workspaceId === bare) {
    return [];
  }
  const visio = { workspaceId, applicationId: VISIO, state: 'COMPLETED' };
  const state = OFFICE_STATES[workspaceId];
  if (state === undefined) {
    return [visio];
  }
  const stateReason =
    state === 'ERROR'
      ? { errorCode: 'DeploymentError.WorkspaceUnreachable', errorMessage: 'The WorkSpace could not be reached.' }
      : undefined;
  return [visio, { workspaceId, applicationId: OFFICE, state, stateReason }];
});

/** By WorkSpace. */
export const tags: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [plain]: { Department: 'Finance', empty: '', 'wsap.dev/protect': 'true' },
};

/** Of the WorkSpaces that aren't listed here nobody is connected, nor ever was. */
export const connections: readonly WorkspaceConnection[] = [
  { workspaceId: plain, connectionState: 'CONNECTED' },
  { workspaceId: stopped, connectionState: 'UNKNOWN' },
];
