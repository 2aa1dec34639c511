import type { Association, Workspace } from '../fleet/model.ts';
import type { Change } from '../plan/plan.ts';
import { removalStep } from '../plan/removal.ts';
import { attempt, type ExecuteContext } from './context.ts';
import { type Came, type FreshAssociations, reachedAnyway, readAssociations } from './fresh.ts';
import type { OutcomeLog } from './outcome.ts';

/** Disassociates what still calls for it. Returns whether all went well, so that the deployment may follow. */
export async function disassociateApplications(
  workspace: Workspace,
  changes: readonly Change[],
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const [first] = changes;
  const fresh =
    first && (await attempt(first, context, outcome, () => readAssociations(workspace.workspaceId, context)));
  if (fresh === undefined) {
    return false;
  }
  let allWell = true;
  for (const change of changes) {
    const { application, association } = change.finding;
    const now = fresh.get(association.applicationId);
    if (now === undefined || !callsForDisassociation(now)) {
      continue;
    }
    if (!context.mayGoOn()) {
      outcome.interrupted = true;
      return false;
    }
    const came = await attempt(change, context, outcome, () => disassociate(now, context));
    if (came === 'Made') {
      context.attempts.succeeded(change);
      outcome.made.push({ action: 'Disassociate', workspace, applications: [application] });
    }
    allWell &&= came !== undefined;
  }
  return allWell;
}

async function disassociate(association: Association, context: ExecuteContext): Promise<Came> {
  const { workspaceId, applicationId } = association;
  try {
    const after = await context.fleet.disassociateWorkspaceApplication(workspaceId, applicationId);
    context.inventory.observeAssociation(after ?? { ...association, state: 'PENDING_UNINSTALL_DEPLOYMENT' });
    return 'Made';
  } catch (error) {
    const reached = (fresh: FreshAssociations) => {
      const now = fresh.get(applicationId);
      return now === undefined || !callsForDisassociation(now);
    };
    return reachedAnyway(error, workspaceId, context, reached);
  }
}

function callsForDisassociation(association: Association): boolean {
  return removalStep(association).next === 'Disassociate';
}
