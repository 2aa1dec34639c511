import { ASSOCIATION_STATES, type Association, type Workspace } from './model.ts';

type WithState = Pick<Association, 'state'>;

/** States in which AWS is changing the association. It accepts no other change until it is finished. */
const TRANSITIONING = new Set(['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING']);
/** States of a change that the next deployment of the WorkSpace carries out, regardless of who requested it. */
const AWAITING_DEPLOYMENT = new Set(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_UNINSTALL_DEPLOYMENT']);
/** States of a removal that is not finished. */
const UNINSTALL = new Set(['PENDING_UNINSTALL_DEPLOYMENT', 'PENDING_UNINSTALL', 'UNINSTALLING']);
const KNOWN = new Set<string>(ASSOCIATION_STATES);
/** States of a WorkSpace in which applications can be deployed (WorkSpaces API, DeployWorkspaceApplications). */
const DEPLOYABLE = new Set(['AVAILABLE', 'STOPPED']);

/** Whether AWS is changing the association. */
export function isTransitioning({ state }: WithState): boolean {
  return TRANSITIONING.has(state ?? '');
}

/** Whether the association is being removed. */
export function isUninstall({ state }: WithState): boolean {
  return UNINSTALL.has(state ?? '');
}

/** Whether this version of the operator knows the state. */
export function isKnown({ state }: WithState): boolean {
  return KNOWN.has(state ?? '');
}

/** Whether the next deployment of the WorkSpace carries out a change of the association. */
export function isAwaitingDeployment({ state }: WithState): boolean {
  return AWAITING_DEPLOYMENT.has(state ?? '');
}

/** Whether an association awaits the deployment of a change that this action starts. */
export function isPendingOf(action: 'Associate' | 'Disassociate', { state }: WithState): boolean {
  return state === (action === 'Associate' ? 'PENDING_INSTALL_DEPLOYMENT' : 'PENDING_UNINSTALL_DEPLOYMENT');
}

/** Whether AWS is carrying out a change that this action starts. */
export function isInProgressOf(action: 'Associate' | 'Disassociate', { state }: WithState): boolean {
  return isTransitioning({ state }) && isUninstall({ state }) === (action === 'Disassociate');
}

/** Whether the next deployment might carry out a change of the association. An unknown state could be a pending change. */
export function mayAwaitDeployment({ state }: WithState): boolean {
  return isAwaitingDeployment({ state }) || !isKnown({ state });
}

/** Whether applications can be deployed on a WorkSpace in this state. */
export function isDeployable(workspaceState: string | undefined): boolean {
  return DEPLOYABLE.has(workspaceState ?? '');
}

/** States of a WorkSpace that AWS leaves without another call (WorkSpaces API, Workspace). */
const TRANSIENT = new Set([
  'PENDING',
  'REBOOTING',
  'STARTING',
  'STOPPING',
  'REBUILDING',
  'RESTORING',
  'MAINTENANCE',
  'TERMINATING',
  'UPDATING',
]);

/** Whether AWS is changing a WorkSpace in this state, so that another state follows. */
export function isTransient(workspaceState: string | undefined): boolean {
  return TRANSIENT.has(workspaceState ?? '');
}

/** AWS tag that prevents all policies from changing a WorkSpace. */
export const PROTECT_TAG = 'wsap.dev/protect';

/** Whether a WorkSpace has the tag, with any value (even "false", to be safe). Undefined if its tags were not read. */
export function isProtected({ tags }: Workspace): boolean | undefined {
  return tags?.has(PROTECT_TAG);
}
