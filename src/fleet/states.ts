import { ASSOCIATION_STATES, type Association, type Workspace } from './model.ts';

type Stated = Pick<Association, 'state'>;

/** AWS is at work on the association; nothing can or need be done until it is finished. */
const MOVING = new Set(['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING']);
/** A change that the WorkSpace's next deployment carries out, whoever asked for it. */
const AWAITING_DEPLOYMENT = new Set(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_UNINSTALL_DEPLOYMENT']);
/** On the way to being removed. */
const UNINSTALL = new Set(['PENDING_UNINSTALL_DEPLOYMENT', 'PENDING_UNINSTALL', 'UNINSTALLING']);
const KNOWN = new Set<string>(ASSOCIATION_STATES);
/** A WorkSpace on which applications can be deployed (WorkSpaces API, DeployWorkspaceApplications). */
const DEPLOYABLE = new Set(['AVAILABLE', 'STOPPED']);

export function isTransitioning({ state }: Stated): boolean {
  return MOVING.has(state ?? '');
}

export function isUninstall({ state }: Stated): boolean {
  return UNINSTALL.has(state ?? '');
}

export function isKnown({ state }: Stated): boolean {
  return KNOWN.has(state ?? '');
}

export function isAwaitingDeployment({ state }: Stated): boolean {
  return AWAITING_DEPLOYMENT.has(state ?? '');
}

/** A state that isn't known may stand for a pending change, too. */
export function mayAwaitDeployment({ state }: Stated): boolean {
  return isAwaitingDeployment({ state }) || !isKnown({ state });
}

export function isDeployable(workspaceState: string | undefined): boolean {
  return DEPLOYABLE.has(workspaceState ?? '');
}

/**
 * Whether a user would lose a session. UNKNOWN is what AWS says of a WorkSpace that is stopped; of any other it means what it says, and
 * somebody may be there.
 */
export function mayBeConnected({ state, connection }: Workspace): boolean {
  const { connectionState } = connection ?? {};
  return connectionState !== 'DISCONNECTED' && !(state === 'STOPPED' && connectionState !== 'CONNECTED');
}

/** The tag by which a WorkSpace's owner keeps every policy from changing anything on it. */
export const PROTECT_TAG = 'wsap.dev/protect';

/** Whether a WorkSpace has the tag, whatever its value: nobody sets it to mean the opposite. Undefined if its tags weren't read. */
export function isProtected({ tags }: Workspace): boolean | undefined {
  return tags?.has(PROTECT_TAG);
}
