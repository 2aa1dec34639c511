import type { Association, Workspace } from '../fleet/model.ts';
import { isDeployable } from '../fleet/states.ts';
import { mayAwaitDeployment, othersPendingMessage } from '../plan/holds/othersPendingChanges.ts';
import { notReadyMessage } from '../plan/holds/workspaceNotReady.ts';
import type { Change, HoldReason } from '../plan/plan.ts';
import { removalStep } from '../plan/removal.ts';
import { attempt, type ExecuteContext } from './context.ts';
import { type Came, type FreshAssociations, reachedAnyway, readAssociations, readWorkspace } from './fresh.ts';
import type { OutcomeLog } from './outcome.ts';

/** Deploys a WorkSpace's removals, if a fresh read shows that they are pending, that nothing else is, and that it can be done now. */
export async function deployApplications(
  workspace: Workspace,
  changes: readonly Change[],
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const { workspaceId } = workspace;
  const wanted = changes.map((change): Change => ({ ...change, action: 'Deploy' }));
  const [first] = wanted;
  const now =
    first &&
    (await attempt(first, context, outcome, async () => ({
      associations: await readAssociations(workspaceId, context),
      state: (await readWorkspace(workspaceId, context))?.state,
    })));
  const due = wanted.filter(({ finding }) =>
    callsForDeployment(now?.associations.get(finding.association.applicationId)),
  );
  if (now === undefined || first === undefined || due.length === 0) {
    return;
  }
  const hold = (reason: HoldReason, message: string) => {
    outcome.held.push(...due.map((change) => ({ change, reason, message })));
  };
  const others = othersPending(due, now.associations, context);
  if (others.length > 0) {
    hold('OthersPendingChanges', othersPendingMessage(others));
  } else if (!isDeployable(now.state)) {
    hold('WorkspaceNotReady', notReadyMessage(now.state));
  } else if (!context.mayGoOn()) {
    outcome.interrupted = true;
  } else {
    const force = due.some(({ finding }) => now.associations.get(finding.association.applicationId)?.state === 'ERROR');
    const came = await attempt(first, context, outcome, () => deploy(workspace, force, due, now.associations, context));
    if (came === 'Made') {
      const applications = due.map(({ finding }) => finding.application);
      outcome.made.push({ action: 'Deploy', workspace, applications });
      if (force) {
        context.attempts.repeated(first, context.policy, context.clock.now());
      } else {
        context.attempts.succeeded(first);
      }
    }
  }
}

function othersPending(due: readonly Change[], fresh: FreshAssociations, context: ExecuteContext): Association[] {
  const ours = new Set(due.map(({ finding }) => finding.association.applicationId));
  return [...fresh.values()].filter(
    (association) =>
      mayAwaitDeployment(association) &&
      !ours.has(association.applicationId) &&
      !context.isRemovedByAnother(association.workspaceId, association.applicationId),
  );
}

async function deploy(
  workspace: Workspace,
  force: boolean,
  due: readonly Change[],
  before: FreshAssociations,
  context: ExecuteContext,
): Promise<Came> {
  const { workspaceId } = workspace;
  try {
    const after = await context.fleet.deployWorkspaceApplications(workspaceId, { force });
    for (const association of after) {
      context.inventory.observeAssociation(association);
    }
    context.inventory.observeWorkspace(workspaceId, { ...workspace, state: 'UPDATING' });
    return 'Made';
  } catch (error) {
    const hasMoved = (fresh: FreshAssociations) =>
      due.every(({ finding: { association } }) => {
        const { state, lastUpdatedTime } = fresh.get(association.applicationId) ?? {};
        const earlier = before.get(association.applicationId);
        return state !== earlier?.state || lastUpdatedTime?.getTime() !== earlier?.lastUpdatedTime?.getTime();
      });
    return reachedAnyway(error, workspaceId, context, hasMoved);
  }
}

function callsForDeployment(association: Association | undefined): boolean {
  return association !== undefined && removalStep(association).next === 'Deploy';
}
