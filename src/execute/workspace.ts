import { type Change, isRevert } from '../plan/plan.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { changeAssociations } from './changeAssociations.ts';
import { attempt, type ExecuteContext, freshnessPrecondition } from './context.ts';
import { deployApplications } from './deploy.ts';
import type { OutcomeLog } from './outcome.ts';
import { readFresh, rereadBeforeDeploy, revalidation } from './revalidate.ts';

/**
 * Makes the changes of one WorkSpace. Because the state may have changed since the plan, reads everything that the changes depend on before
 * the first change, and again before the deployment, and makes only the changes that a plan from these reads contains too.
 */
export async function executeOnWorkspace(
  { workspace: { workspaceID }, associations, deploy }: WorkspaceSteps,
  runContext: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const all = [...new Set([...associations, ...deploy])];
  const { policy, policiesInScope } = runContext;
  // Any policy can request the change that is to be reverted.
  const hasReverts = all.some(({ finding }) => isRevert(finding));
  const context = hasReverts ? { ...runContext, policies: policiesInScope(policy) } : runContext;
  const isFresh = freshnessPrecondition(context);
  const fresh = await attempt(all, context, outcome, () => readFresh(workspaceID, context));
  if (fresh === undefined) {
    return;
  }
  const revalidate = revalidation(fresh, all, false, context);
  const { confirmed, held, obsolete } = revalidate();
  outcome.held.push(...held);
  outcome.dropped.push(...obsolete);
  const toChange = confirmed.filter(({ action }) => action !== 'Deploy');
  const before = outcome.made.length;
  const allSucceeded = await changeAssociations(toChange, revalidate, isFresh, context, outcome);
  if (!allSucceeded || deploy.length === 0 || confirmed.every(({ finding }) => isRevert(finding))) {
    return;
  }
  if (toChange.length === 0) {
    await deployApplications(confirmed, revalidate, isFresh, context, outcome);
    return;
  }
  const toDeploy = confirmed
    .filter(({ finding }) => !isRevert(finding))
    .map((change): Change => ({ ...change, action: 'Deploy' }));
  const isRereadFresh = freshnessPrecondition(context);
  const reread = await attempt(toDeploy, context, outcome, () => rereadBeforeDeploy(fresh, workspaceID, context));
  if (reread !== undefined) {
    const hasStarted = outcome.made.length > before;
    const revalidateAgain = revalidation(reread, toDeploy, hasStarted, context);
    const { confirmed: pending, held: heldAgain, obsolete: done } = revalidateAgain();
    outcome.held.push(...heldAgain);
    // A reverted change needs no deployment.
    outcome.dropped.push(...(pending.length + heldAgain.length === 0 ? done : []));
    await deployApplications(pending, revalidateAgain, () => isFresh() && isRereadFresh(), context, outcome);
  }
}
