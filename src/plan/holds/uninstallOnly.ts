import type { Change } from '../plan.ts';
import type { Hold } from './hold.ts';

/** What couldn't be undone isn't done, unless the policy allows it; nor is what AWS can't do any more. */
export const uninstallOnly: Hold = {
  reason: 'UninstallOnly',
  prepare: () => (change) => {
    const message = change.finding.desired === 'Present' ? cannotBeInstalled(change) : cannotBeUndone(change);
    return message === undefined ? undefined : { message };
  },
};

function cannotBeUndone({ finding: { isIrreversible, application } }: Change): string | undefined {
  if (!isIrreversible) {
    return undefined;
  }
  return application.state === undefined
    ? "AWS doesn't say whether this application could be installed again; remove it by hand if you mean it"
    : 'AWS no longer offers this application, so its removal could never be undone; if you mean it, set spec.safeguards.allowUninstallOnly';
}

/** An uninstall that isn't deployed yet can still be taken back. */
function cannotBeInstalled({ action, finding: { application, association } }: Change): string | undefined {
  const isOver = application.state === 'UNINSTALL_ONLY' && association.state !== 'PENDING_UNINSTALL_DEPLOYMENT';
  return isOver && action === 'Associate'
    ? 'AWS no longer offers this application, so it can be installed nowhere; require another, or take it out of spec.applications.required'
    : undefined;
}
