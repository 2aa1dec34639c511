import { formatMinute } from '../../clock.ts';
import { finalDays } from '../finalDays.ts';
import { type Change, isRevert, type Plan } from '../plan.ts';
import { backOffOf } from './backingOff.ts';
import type { Hold, HoldContext } from './hold.ts';
import { rejectionOf } from './rejected.ts';

/**
 * AWS bills a license for the whole month, so a removal before the end of the month saves nothing. A removal that comes too late waits for
 * the end of the next month, which is paid then.
 */
export const licensePaid: Hold = {
  reason: 'LicensePaid',
  meaning:
    '`rollout.removeBefore` is `EndOfMonth`, and the license is paid until the end of the month. Replacements do not wait.',
  endsWhen:
    'The final days of the month begin, at the time in the message, or another change is deployed on the WorkSpace after the removal has started.',
  prepare: (plan, context) => {
    const { policy, now, isCompleting } = context;
    if (policy.removeBefore !== 'EndOfMonth') {
      return undefined;
    }
    const days = finalDays(policy.maintenanceWindows, now);
    if (days !== undefined && days.from <= now) {
      return undefined;
    }
    const when =
      days === undefined
        ? 'but no maintenance window opens again'
        : `from ${formatMinute(days.from)} to ${formatMinute(days.until)}`;
    const held = {
      message: `the license is paid until the end of the month, so the removal waits for its final days, ${when} (spec.rollout.removeBefore)`,
      until: days?.from,
    };
    const deployed = workspacesWithOtherChanges(plan, context);
    return (change) => {
      if (!isHeldRemoval(change)) {
        return undefined;
      }
      const { workspaceID } = change.finding.workspace;
      // An earlier run disassociated the application. A deployment for another change carries out the removal too.
      const isDeployedAnyway =
        change.action === 'Deploy' && (isCompleting || policy.deploy === 'Manual' || deployed.has(workspaceID));
      return isDeployedAnyway ? undefined : held;
    };
  },
};

/**
 * Whether a change removes an installed application that nothing replaces. An installation that isn't deployed is reverted at once, because
 * nobody uses the application, and any deployment would install it.
 */
function isHeldRemoval({ finding }: Change): boolean {
  const { desired, replacement, association } = finding;
  return (
    desired === 'Absent' &&
    replacement === undefined &&
    !isRevert(finding) &&
    association.state !== 'PENDING_INSTALL_DEPLOYMENT'
  );
}

/** Returns the IDs of the WorkSpaces with other changes that a deployment of the policy can carry out now. */
function workspacesWithOtherChanges({ changes }: Plan, context: HoldContext): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const change of changes) {
    const isDue = (backOffOf(change, context) ?? rejectionOf(change, context)) === undefined;
    if (isDue && !isHeldRemoval(change) && !isRevert(change.finding)) {
      ids.add(change.finding.workspace.workspaceID);
    }
  }
  return ids;
}
