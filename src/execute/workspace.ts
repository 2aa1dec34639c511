import type { WorkspaceSteps } from '../plan/steps.ts';
import { changeAssociations } from './associations.ts';
import type { ExecuteContext } from './context.ts';
import { deployApplications } from './deploy.ts';
import type { OutcomeLog } from './outcome.ts';

/**
 * Carries out the steps of one WorkSpace. The world may have moved since the plan was made, so the associations are read before
 * any of them is changed, and they and the WorkSpace's state again before the deployment; what no longer holds is dropped.
 */
export async function executeOnWorkspace(
  steps: WorkspaceSteps,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const mayDeploy = steps.associations.length === 0 || (await changeAssociations(steps, context, outcome));
  if (mayDeploy && steps.deploy.length > 0) {
    await deployApplications(steps, context, outcome);
  }
}
