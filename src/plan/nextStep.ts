import type { Association } from '../fleet/model.ts';

/** What the removal of an association calls for next, by the state it is in. */
export type RemovalStep =
  /** It is removed. */
  | { readonly next: 'Done' }
  | { readonly next: 'Disassociate' }
  /** `force` repeats a deployment that failed. */
  | { readonly next: 'Deploy'; readonly force: boolean }
  /** AWS is at work on it. */
  | { readonly next: 'Wait' }
  /** It doesn't go on by itself: a person has to look. */
  | { readonly next: 'Stop'; readonly message: string };

/**
 * The life of a removal: COMPLETED → Disassociate → PENDING_UNINSTALL_DEPLOYMENT → Deploy → PENDING_UNINSTALL → UNINSTALLING → REMOVED.
 * A state that isn't known is never acted on. `wasUninstall`: whether it is known that what ended in ERROR was an uninstall.
 */
export function removalStep(association: Association, wasUninstall: boolean): RemovalStep {
  const { state } = association;
  switch (state) {
    case 'REMOVED':
      return { next: 'Done' };
    case 'COMPLETED':
    case 'PENDING_INSTALL_DEPLOYMENT':
      return { next: 'Disassociate' };
    case 'PENDING_UNINSTALL_DEPLOYMENT':
      return { next: 'Deploy', force: false };
    case 'PENDING_INSTALL':
    case 'INSTALLING':
    case 'PENDING_UNINSTALL':
    case 'UNINSTALLING':
      return { next: 'Wait' };
    case 'ERROR':
      return afterError(association, wasUninstall);
    default:
      return {
        next: 'Stop',
        message: `AWS reports a state that is not known here (${state ?? 'none'}); nothing is done about it`,
      };
  }
}

function afterError({ stateReason }: Association, wasUninstall: boolean): RemovalStep {
  const { errorCode, errorMessage } = stateReason ?? {};
  const said = errorMessage === undefined || errorMessage === '' ? '' : `: ${errorMessage}`;
  switch (errorCode) {
    case 'DeploymentError.InternalServerError':
    case 'DeploymentError.WorkspaceUnreachable':
      // What failed may have been an install, and repeating that would install what must go: marking it again can't.
      return wasUninstall ? { next: 'Deploy', force: true } : { next: 'Disassociate' };
    case 'ValidationError.InsufficientDiskSpace':
    case 'ValidationError.InsufficientMemory':
    case 'ValidationError.UnsupportedOperatingSystem':
    case 'ValidationError.ApplicationOldVersionExists':
      return {
        next: 'Stop',
        message: `AWS stopped with ${errorCode}${said}; repair the WorkSpace, or remove the association by hand`,
      };
    default:
      return {
        next: 'Stop',
        message: `AWS stopped with ${errorCode ?? 'no reason'}${said}; see the WorkSpace in the AWS console`,
      };
  }
}
