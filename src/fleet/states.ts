import type { Association } from './model.ts';

/** AWS is at work on the association; nothing can or need be done until it is finished. */
const MOVING = new Set(['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING']);
/** A change that the WorkSpace's next deployment carries out, whoever asked for it. */
const AWAITING_DEPLOYMENT = new Set(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_UNINSTALL_DEPLOYMENT']);
/** A WorkSpace on which applications can be deployed (WorkSpaces API, DeployWorkspaceApplications). */
const DEPLOYABLE = new Set(['AVAILABLE', 'STOPPED']);

export function isMoving({ state }: Pick<Association, 'state'>): boolean {
  return MOVING.has(state ?? '');
}

export function awaitsDeployment({ state }: Pick<Association, 'state'>): boolean {
  return AWAITING_DEPLOYMENT.has(state ?? '');
}

export function isDeployable(workspaceState: string | undefined): boolean {
  return DEPLOYABLE.has(workspaceState ?? '');
}

/** How soon a moving association is first read again, in milliseconds. */
const SOONEST_READ = 5_000;

/**
 * How old a read of a moving association may become, in milliseconds: a quarter of the time it has been moving, so that a change of
 * minutes is seen within seconds, and one that hangs for days costs no more than the policy's own interval.
 */
export function readAgainAfter(association: Association, now: Date, interval: number): number {
  const moving = now.getTime() - (association.lastUpdatedTime?.getTime() ?? now.getTime());
  return Math.min(interval, Math.max(SOONEST_READ, moving / 4));
}
