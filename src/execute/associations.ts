import type { FreshAssociations } from '../fleet/fresh.ts';
import type { Association } from '../fleet/model.ts';
import type { MaySend } from '../fleet/ports.ts';
import { hourlyLimitMessage } from '../plan/hourlyLimit.ts';
import { type NextStep, nextStep } from '../plan/nextStep.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { attempt, type ExecuteContext, send } from './context.ts';
import type { Look } from './look.ts';
import { type Came, reachedAnyway } from './lostAnswer.ts';
import type { OutcomeLog } from './outcome.ts';

/** Disassociates and associates what still calls for it. Returns whether all went well, so that the deployment may follow. */
export async function changeAssociations(
  changes: readonly Change[],
  { associations: fresh }: Look,
  maySend: MaySend,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { attempts, settling, policy, clock, stands } = context;
  let allWell = true;
  for (const change of changes) {
    const { finding, action } = change;
    if (!callsFor(action, fresh, finding)) {
      outcome.dropped.push({ change, message: 'AWS reports another state by now' });
      continue;
    }
    const now = fresh.get(finding.association.applicationID) ?? finding.association;
    if (!stands() || settling.has(action, now, clock.now())) {
      outcome.interrupted ||= !stands();
      allWell = false;
      continue;
    }
    if (action === 'Disassociate' && !context.allowance.take()) {
      outcome.held.push({
        change,
        reason: 'HourlyLimitReached',
        ...hourlyLimitMessage(context.hourly, clock.now()),
      });
      allWell = false;
      continue;
    }
    const came = await attempt([change], context, outcome, () => changeAssociation(change, now, context, maySend));
    if (came === 'Made') {
      attempts.succeeded(change, policy);
      outcome.made.push({ action, workspace: finding.workspace, findings: [finding] });
    }
    allWell &&= came !== undefined;
  }
  return allWell;
}

async function changeAssociation(
  { action, finding }: Change,
  before: Association,
  context: ExecuteContext,
  maySend: MaySend,
): Promise<Came> {
  const { fleet, inventory, settling, removals, allowance, policy, clock } = context;
  const { workspaceID, applicationID } = before;
  const change = () =>
    action === 'Associate'
      ? fleet.associateWorkspaceApplication(workspaceID, applicationID, maySend)
      : fleet.disassociateWorkspaceApplication(workspaceID, applicationID, maySend);
  const isRemoval = action === 'Disassociate' && before.state !== 'ERROR';
  // Before it is known what becomes of it: what can't be read afterwards counts as made.
  const uncount = isRemoval ? removals.record(before, clock.now().getTime(), policy.key) : () => {};
  try {
    const unsettle = settling.sent(action, [before], clock.now());
    const takeBack = () => {
      unsettle();
      uncount();
      if (action === 'Disassociate') {
        allowance.giveBack();
      }
    };
    const after = await send(takeBack, change);
    inventory.observeAssociation(after ?? { ...before, state: pendingAfter(action), stateReason: undefined });
    return 'Made';
  } catch (error) {
    const reached = (fresh: FreshAssociations) => !callsFor(action, fresh, finding);
    try {
      return await reachedAnyway(error, workspaceID, context, reached);
    } catch (failure) {
      if (failure === error) {
        uncount();
      }
      throw failure;
    }
  }
}

/** The state that a change leads to, where AWS's answer left it out; the read before the deployment tells whether it is so. */
function pendingAfter(action: Change['action']): string {
  return action === 'Associate' ? 'PENDING_INSTALL_DEPLOYMENT' : 'PENDING_UNINSTALL_DEPLOYMENT';
}

function callsFor(action: NextStep['kind'], fresh: FreshAssociations, finding: Finding): boolean {
  const { goal, failed, association } = finding;
  return goal !== undefined && nextStep(goal, fresh.get(association.applicationID), failed).kind === action;
}
