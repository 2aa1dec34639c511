import type { Change } from '../plan/plan.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { changeAssociations } from './changeAssociations.ts';
import { attempt, type ExecuteContext, freshnessPrecondition } from './context.ts';
import { deployApplications } from './deploy.ts';
import type { OutcomeLog } from './outcome.ts';
import { type FreshWorkspace, obsoleteReason, readFresh, rereadBeforeDeploy, revalidate } from './revalidate.ts';

/**
 * Makes the changes of one WorkSpace. Because the state may have changed since the plan, reads everything that the changes depend on before
 * the first change, and again before the deployment. Drops changes that are obsolete.
 */
export async function executeOnWorkspace(
  { workspace: { workspaceID }, associations, deploy }: WorkspaceSteps,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const all = [...new Set([...associations, ...deploy])];
  const precondition = freshnessPrecondition(context);
  const fresh = await attempt(all, context, outcome, () => readFresh(workspaceID, context));
  if (fresh === undefined) {
    return;
  }
  const requested = changesStillRequested(all, fresh, context, outcome);
  const toChange = associations.filter((change) => requested.has(change));
  const toDeploy = deploy.filter((change) => requested.has(change));
  const hold = revalidate(fresh, toDeploy, context);
  if (hold !== undefined) {
    outcome.held.push(...[...requested].map((change) => ({ change, ...hold })));
    return;
  }
  const allSucceeded = await changeAssociations(toChange, fresh, precondition, context, outcome);
  if (!allSucceeded || toDeploy.length === 0) {
    return;
  }
  if (toChange.length === 0) {
    await deployApplications(toDeploy, fresh, precondition, context, outcome);
    return;
  }
  const deployPrecondition = freshnessPrecondition(context);
  const deployment = toDeploy.slice(0, 1).map((change): Change => ({ ...change, action: 'Deploy' }));
  const reread = await attempt(deployment, context, outcome, () => rereadBeforeDeploy(fresh, workspaceID, context));
  if (reread !== undefined) {
    await deployApplications(toDeploy, reread, () => precondition() && deployPrecondition(), context, outcome);
  }
}

/** Returns the changes that the policies still request, and drops the others. */
function changesStillRequested(
  changes: readonly Change[],
  fresh: FreshWorkspace,
  context: ExecuteContext,
  outcome: OutcomeLog,
): ReadonlySet<Change> {
  const requested = new Set<Change>();
  for (const change of changes) {
    const message = obsoleteReason(fresh, change, context);
    if (message === undefined) {
      requested.add(change);
    } else {
      outcome.dropped.push({ change, message });
    }
  }
  return requested;
}
