import type { Change } from '../plan/plan.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { changeAssociations } from './associations.ts';
import { attempt, type ExecuteContext, leaveToSend } from './context.ts';
import { deployApplications } from './deploy.ts';
import { foundInTheWay, type Look, lookAgain, lookAt, noLongerAsked } from './look.ts';
import type { OutcomeLog } from './outcome.ts';

/**
 * Carries out the steps of one WorkSpace. The world may have moved since the plan was made, so all that the changes rest on is read
 * before the first of them, and what may have changed meanwhile again before the deployment. What no longer holds is dropped.
 */
export async function executeOnWorkspace(
  { workspace: { workspaceID }, associations, deploy }: WorkspaceSteps,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const all = [...new Set([...associations, ...deploy])];
  const maySend = leaveToSend(context);
  const look = await attempt(all, context, outcome, () => lookAt(workspaceID, context));
  if (look === undefined) {
    return;
  }
  const asked = stillAsked(all, look, context, outcome);
  const toChange = associations.filter((change) => asked.has(change));
  const toDeploy = deploy.filter((change) => asked.has(change));
  const inTheWay = foundInTheWay(look, toDeploy, context);
  if (inTheWay !== undefined) {
    outcome.held.push(...[...asked].map((change) => ({ change, ...inTheWay })));
    return;
  }
  const isAllWell = await changeAssociations(toChange, look, maySend, context, outcome);
  if (!isAllWell || toDeploy.length === 0) {
    return;
  }
  if (toChange.length === 0) {
    await deployApplications(toDeploy, look, maySend, context, outcome);
    return;
  }
  const mayDeploy = leaveToSend(context);
  const deployment = toDeploy.slice(0, 1).map((change): Change => ({ ...change, action: 'Deploy' }));
  const again = await attempt(deployment, context, outcome, () => lookAgain(look, workspaceID, context));
  if (again !== undefined) {
    await deployApplications(toDeploy, again, () => maySend() && mayDeploy(), context, outcome);
  }
}

/** The changes that the policies still ask for; the others are dropped. */
function stillAsked(
  changes: readonly Change[],
  look: Look,
  context: ExecuteContext,
  outcome: OutcomeLog,
): ReadonlySet<Change> {
  const asked = new Set<Change>();
  for (const change of changes) {
    const message = noLongerAsked(look, change, context);
    if (message === undefined) {
      asked.add(change);
    } else {
      outcome.dropped.push({ change, message });
    }
  }
  return asked;
}
