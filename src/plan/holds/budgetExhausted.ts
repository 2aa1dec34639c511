import { isTransitioning } from '../../fleet/states.ts';
import { resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import type { Hold } from './hold.ts';

/** No more WorkSpaces change at once than the policy says. What is in flight counts, whoever began it. */
export const budgetExhausted: Hold = {
  reason: 'BudgetExhausted',
  prepare: (plan, { policy, snapshot }) => {
    const { maxInProgress } = policy;
    if (maxInProgress === undefined) {
      return undefined;
    }
    const limit = resolveIntOrPercent(maxInProgress, plan.selected.length);
    const isInFlight = (workspaceID: string, state: string | undefined) =>
      state === 'UPDATING' || [...(snapshot.associations.get(workspaceID)?.values() ?? [])].some(isTransitioning);
    const inFlight = plan.selected.filter(({ workspaceID, state }) => isInFlight(workspaceID, state)).length;
    // What has begun is finished first.
    const begun = plan.changes.filter(({ action }) => action === 'Deploy');
    const ids = new Set([...begun, ...plan.changes].map(({ finding }) => finding.workspace.workspaceID));
    const going = new Set([...ids].slice(0, Math.max(0, limit - inFlight)));
    const message = `at most ${limit} of the selected WorkSpaces change at once, and ${Math.min(limit, inFlight + going.size)} do`;
    return ({ finding }) => (going.has(finding.workspace.workspaceID) ? undefined : { message });
  },
};
