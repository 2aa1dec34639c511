import { mayAwaitDeployment } from '../fleet/states.ts';
import { type Change, type Finding, type HeldChange, isRevert } from '../plan/plan.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { changeAssociations } from './changeAssociations.ts';
import { attempt, type ExecuteContext } from './context.ts';
import { deployApplications } from './deploy.ts';
import { type FreshWorkspace, readFresh, readTogether, rereadBeforeDeploy } from './freshReads.ts';
import type { OutcomeLog } from './outcome.ts';
import { revalidation } from './revalidate.ts';

/**
 * Makes the changes of one WorkSpace. Because the state may have changed since the plan, reads the associations before the first change, and
 * again before the deployment, together with recent data of the WorkSpace, and makes only the changes that a plan from these reads contains
 * too.
 *
 * @param next WorkSpaces that the run changes next
 */
export async function executeOnWorkspace(
  { workspace: { workspaceID }, associations, deploy }: WorkspaceSteps,
  next: readonly string[],
  runContext: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const target = { workspaceID, next };
  const all = [...new Set([...associations, ...deploy])];
  const { policy, policiesInScope } = runContext;
  // Any policy can request the change that is to be reverted.
  const hasReverts = all.some(({ finding }) => isRevert(finding));
  const context = hasReverts ? { ...runContext, policies: policiesInScope(policy) } : runContext;
  const known = await attempt(all, context, outcome, async () => {
    // Before the reads, which would be in vain.
    await context.audit?.prepare();
    return readTogether(target, context);
  });
  if (known === undefined || isHeld(known, all, context, outcome)) {
    return;
  }
  const isDeployment = associations.length === 0;
  const fresh = await attempt(all, context, outcome, () => readFresh(target, isDeployment, context));
  if (fresh === undefined) {
    return;
  }
  const { associations: current } = fresh;
  const revalidate = revalidation(fresh, all, false, context);
  const { confirmed, held, obsolete } = revalidate();
  outcome.held.push(...held);
  outcome.dropped.push(...obsolete);
  rememberIncompatible(held, current, context);
  const toChange = confirmed.filter(({ action }) => action !== 'Deploy');
  const before = outcome.made.length;
  const allSucceeded = await changeAssociations(
    toChange,
    revalidate,
    fresh.isFresh,
    { ...context, associations: current },
    outcome,
  );
  if (!allSucceeded || deploy.length === 0 || confirmed.every(({ finding }) => isRevert(finding))) {
    return;
  }
  if (isDeployment) {
    await deployApplications(confirmed, revalidate, fresh, context, outcome);
    return;
  }
  const toDeploy = confirmed
    .filter(({ finding }) => !isRevert(finding))
    .map((change): Change => (change.action === 'Deploy' ? change : { ...change, action: 'Deploy' }));
  const reread = await attempt(toDeploy, context, outcome, () => rereadBeforeDeploy(fresh, target, context));
  if (reread !== undefined) {
    // An association that was restored, instead of removed, awaits no deployment.
    const isCompleting = outcome.made
      .slice(before)
      .some(({ findings }) => findings.some((one) => awaitsDeployment(one, reread.associations)));
    const revalidateAgain = revalidation(reread, toDeploy, isCompleting, context);
    const { confirmed: pending, held: heldAgain, obsolete: done } = revalidateAgain();
    outcome.held.push(...heldAgain);
    // A reverted change needs no deployment.
    outcome.dropped.push(...(pending.length + heldAgain.length === 0 ? done : []));
    await deployApplications(pending, revalidateAgain, reread, context, outcome);
  }
}

function awaitsDeployment(
  { association: { applicationID } }: Finding,
  current: FreshWorkspace['associations'],
): boolean {
  const association = current.get(applicationID);
  return association !== undefined && mayAwaitDeployment(association);
}

/**
 * Remembers installations that AWS would reject according to all associations of the WorkSpace, which the listings of the policy may not
 * contain. Otherwise, each run would read the WorkSpace again.
 */
function rememberIncompatible(
  held: readonly HeldChange[],
  associations: FreshWorkspace['associations'],
  { history, policy, clock }: ExecuteContext,
): void {
  for (const { change } of held) {
    const { incompatible } = change.finding;
    if (change.action === 'Associate' && incompatible?.isPredicted === true) {
      history.backoff.predicted(change, policy, incompatible.message, clock.now(), associations);
    }
  }
}

/** Whether the changes of a WorkSpace are on hold or obsolete according to data that needs no read of its own. */
function isHeld(known: FreshWorkspace, all: readonly Change[], context: ExecuteContext, outcome: OutcomeLog): boolean {
  const { confirmed, held, obsolete } = revalidation(known, all, false, context)();
  if (confirmed.length > 0) {
    return false;
  }
  outcome.held.push(...held);
  outcome.dropped.push(...obsolete);
  return true;
}
