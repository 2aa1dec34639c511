import { isTransitioning } from '../../fleet/states.ts';
import { resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import type { Hold } from './hold.ts';

/** Limits the number of WorkSpaces that change at the same time. All changes in flight count, including those of other policies and users. */
export const budgetExhausted: Hold = {
  reason: 'BudgetExhausted',
  meaning: '`rollout.maxInProgress` WorkSpaces are changing.',
  endsWhen: 'Fewer WorkSpaces are changing.',
  prepare: (plan, { policy, snapshot }) => {
    const { maxInProgress } = policy;
    if (maxInProgress === undefined) {
      return undefined;
    }
    const limit = resolveIntOrPercent(maxInProgress, plan.selected.length);
    const isInFlight = (workspaceID: string, state: string | undefined) =>
      state === 'UPDATING' || [...(snapshot.associations.get(workspaceID)?.values() ?? [])].some(isTransitioning);
    const inFlight = plan.selected.filter(({ workspaceID, state }) => isInFlight(workspaceID, state)).length;
    // Changes that have started take precedence.
    const started = plan.changes.filter(({ action }) => action === 'Deploy');
    const ids = new Set([...started, ...plan.changes].map(({ finding }) => finding.workspace.workspaceID));
    const permitted = new Set([...ids].slice(0, Math.max(0, limit - inFlight)));
    const changing = Math.min(limit, inFlight + permitted.size);
    const message = `${changing} of at most ${limit} WorkSpaces are changing (spec.rollout.maxInProgress)`;
    return ({ finding }) => (permitted.has(finding.workspace.workspaceID) ? undefined : { message });
  },
};
