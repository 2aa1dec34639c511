import { type FreshAssociations, readAssociations } from '../fleet/fresh.ts';
import type { Association } from '../fleet/model.ts';
import type { MaySend } from '../fleet/ports.ts';
import { othersInDeployment, othersMessage } from '../plan/deployment.ts';
import type { Finding } from '../plan/plan.ts';
import { removalStep } from '../plan/removal.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { attempt, type ExecuteContext, leaveToSend, send } from './context.ts';
import { type Came, reachedAnyway } from './lostAnswer.ts';
import type { OutcomeLog } from './outcome.ts';

/** Disassociates what still calls for it. Returns whether all went well, so that the deployment may follow. */
export async function disassociateApplications(
  { workspace, disassociate: changes, deploy }: WorkspaceSteps,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { attempts, settling, policy, clock, stands } = context;
  const fresh = await attempt(changes, context, outcome, () => readAssociations(workspace.workspaceId, context));
  if (fresh === undefined) {
    return false;
  }
  const maySend = leaveToSend(context);
  const ours = new Set(deploy.map(({ finding }) => finding.association.applicationId));
  const others =
    deploy.length === 0 ? [] : othersInDeployment(fresh.values(), false, ours, context.isRemovedByAnother, policy);
  if (others.length > 0) {
    const message = othersMessage(others);
    outcome.held.push(...changes.map((change) => ({ change, reason: 'OthersPendingChanges' as const, message })));
    return false;
  }
  let allWell = true;
  for (const change of changes) {
    const now = fresh.get(change.finding.association.applicationId);
    if (!callsForDisassociation(now, change.finding)) {
      continue;
    }
    if (!stands() || settling.has('Disassociate', now, clock.now())) {
      outcome.interrupted ||= !stands();
      allWell = false;
      continue;
    }
    const came = await attempt([change], context, outcome, () => disassociate(now, change.finding, context, maySend));
    if (came === 'Made') {
      attempts.succeeded(change, policy);
      outcome.made.push({ action: 'Disassociate', workspace, applications: [change.finding.application] });
    }
    allWell &&= came !== undefined;
  }
  return allWell;
}

async function disassociate(
  association: Association,
  finding: Finding,
  context: ExecuteContext,
  maySend: MaySend,
): Promise<Came> {
  const { fleet, inventory, settling, clock } = context;
  const { workspaceId, applicationId } = association;
  try {
    const takeBack = settling.sent('Disassociate', [association], clock.now());
    const after = await send(takeBack, () =>
      fleet.disassociateWorkspaceApplication(workspaceId, applicationId, maySend),
    );
    inventory.observeAssociation(after ?? { ...association, state: 'PENDING_UNINSTALL_DEPLOYMENT' });
    return 'Made';
  } catch (error) {
    const reached = (fresh: FreshAssociations) => !callsForDisassociation(fresh.get(applicationId), finding);
    return reachedAnyway(error, workspaceId, context, reached);
  }
}

function callsForDisassociation(
  association: Association | undefined,
  { wasUninstall }: Finding,
): association is Association {
  return association !== undefined && removalStep(association, wasUninstall).next === 'Disassociate';
}
