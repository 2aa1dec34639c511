import type { Change } from '../plan.ts';
import { withSideEffect } from '../sideEffects.ts';
import type { Hold } from './hold.ts';

/** Prevents irreversible removals, unless the policy allows them, and installations that AWS no longer offers. */
export const uninstallOnly: Hold = {
  reason: 'UninstallOnly',
  meaning: "AWS no longer offers the application, so it can't be installed again.",
  endsWhen:
    '`safeguards.allowUninstallOnly` is true, or, for an installation, the entry is removed from `applications.required`.',
  prepare: () => (change) => {
    const message = change.finding.desired === 'Present' ? cannotBeInstalled(change) : cannotBeUndone(change);
    return message === undefined ? undefined : { message };
  },
};

function cannotBeUndone({ finding }: Change): string | undefined {
  const { isIrreversible, application } = finding;
  if (!isIrreversible) {
    return undefined;
  }
  const message =
    application.state === undefined
      ? "AWS doesn't report whether the application can be installed again; if you don't need it, remove it manually"
      : 'AWS no longer offers the application, so a removal is irreversible; to allow it, set spec.safeguards.allowUninstallOnly to true';
  return withSideEffect(message, finding);
}

/** AWS can revert a pending removal even if it no longer offers the application. */
function cannotBeInstalled({ action, finding: { application, association } }: Change): string | undefined {
  const isUnavailable = application.state === 'UNINSTALL_ONLY' && association.state !== 'PENDING_UNINSTALL_DEPLOYMENT';
  return isUnavailable && action === 'Associate'
    ? "AWS no longer offers the application, so it can't be installed; require another application, or remove the entry from spec.applications.required"
    : undefined;
}
