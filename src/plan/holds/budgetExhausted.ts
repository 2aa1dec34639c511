import { isTransitioning } from '../../fleet/states.ts';
import { someState } from '../../inventory/associationTable.ts';
import { resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import { isRevert } from '../plan.ts';
import type { Hold } from './hold.ts';

/**
 * Limits the number of WorkSpaces that change at the same time. All changes in flight count, including those of other policies and users.
 * Another change of a WorkSpace in flight increases the number by none.
 */
export const budgetExhausted: Hold = {
  reason: 'BudgetExhausted',
  meaning: '`rollout.maxInProgress` WorkSpaces are changing.',
  endsWhen: 'Fewer WorkSpaces are changing.',
  prepare: (plan, { policy, snapshot }) => {
    const { maxInProgress } = policy;
    if (maxInProgress === undefined) {
      return undefined;
    }
    const limit = resolveIntOrPercent(maxInProgress, plan.selectedCount);
    const isInFlight = (workspaceID: string, state: string | undefined) =>
      state === 'UPDATING' || someState(snapshot.associations.get(workspaceID), isTransitioning);
    const inFlight = new Set(
      plan.selected
        .filter(({ workspaceID, state }) => isInFlight(workspaceID, state))
        .map(({ workspaceID }) => workspaceID),
    );
    // Changes that have started take precedence.
    const started = new Set<string>();
    const others = new Set<string>();
    for (const { action, finding } of plan.changes) {
      if (!isRevert(finding)) {
        (action === 'Deploy' ? started : others).add(finding.workspace.workspaceID);
      }
    }
    const ids = new Set([...started, ...others]);
    const free = limit - inFlight.size;
    const starting = [...ids].filter((id) => !inFlight.has(id)).slice(0, Math.max(0, free));
    const permitted = new Set(free < 0 ? [] : [...inFlight, ...starting]);
    const changing = Math.min(limit, inFlight.size + starting.length);
    const message = `${changing} of at most ${limit} WorkSpaces are changing (spec.rollout.maxInProgress)`;
    return ({ finding }) => (permitted.has(finding.workspace.workspaceID) ? undefined : { message });
  },
};
