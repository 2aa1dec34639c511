import type { Association } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { type NextStep, nextStep } from '../plan/nextStep.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { quotaMessage } from '../plan/quota.ts';
import { type CallResult, confirmByReading } from './ambiguousResult.ts';
import { attempt, type ExecuteContext, send } from './context.ts';
import type { OutcomeLog } from './outcome.ts';
import type { FreshWorkspace } from './revalidate.ts';

/** Disassociates and associates what still calls for it. Returns whether all went well, so that the deployment may follow. */
export async function changeAssociations(
  changes: readonly Change[],
  { associations: current }: FreshWorkspace,
  precondition: Precondition,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { backoff, expectations, policy, clock, isPlanCurrent } = context;
  let allWell = true;
  for (const change of changes) {
    const { finding, action } = change;
    if (!callsFor(action, current, finding)) {
      outcome.dropped.push({ change, message: 'AWS reports another state by now' });
      continue;
    }
    const now = current.get(finding.association.applicationID) ?? finding.association;
    if (!isPlanCurrent() || expectations.isPending(action, now, clock.now())) {
      outcome.interrupted ||= !isPlanCurrent();
      allWell = false;
      continue;
    }
    if (action === 'Disassociate' && !context.reservation.take()) {
      outcome.held.push({
        change,
        reason: 'HourlyLimitReached',
        ...quotaMessage(context.quota, clock.now()),
      });
      allWell = false;
      continue;
    }
    const result = await attempt([change], context, outcome, () =>
      changeAssociation(change, now, context, precondition),
    );
    if (result === 'Made') {
      backoff.succeeded(change, policy);
      outcome.made.push({ action, workspace: finding.workspace, findings: [finding] });
    }
    allWell &&= result !== undefined;
  }
  return allWell;
}

async function changeAssociation(
  { action, finding }: Change,
  before: Association,
  context: ExecuteContext,
  precondition: Precondition,
): Promise<CallResult> {
  const { fleet, inventory, expectations, removals, reservation, policy, clock } = context;
  const { workspaceID, applicationID } = before;
  const change = () =>
    action === 'Associate'
      ? fleet.associateWorkspaceApplication(workspaceID, applicationID, precondition)
      : fleet.disassociateWorkspaceApplication(workspaceID, applicationID, precondition);
  const isRemoval = action === 'Disassociate' && before.state !== 'ERROR';
  // Before it is known what becomes of it: what can't be read afterwards counts as made.
  const undoCount = isRemoval ? removals.record(before, clock.now().getTime(), policy.key) : () => {};
  try {
    const unexpect = expectations.expect(action, [before], clock.now());
    const rollback = () => {
      unexpect();
      undoCount();
      if (action === 'Disassociate') {
        reservation.release();
      }
    };
    const after = await send(rollback, change);
    inventory.observeAssociation(after ?? { ...before, state: pendingAfter(action), stateReason: undefined });
    return 'Made';
  } catch (error) {
    const reached = (current: FreshAssociations) => !callsFor(action, current, finding);
    try {
      return await confirmByReading(error, workspaceID, context, reached);
    } catch (failure) {
      if (failure === error) {
        undoCount();
      }
      throw failure;
    }
  }
}

/** The state that a change leads to, where AWS's answer left it out; the read before the deployment tells whether it is so. */
function pendingAfter(action: Change['action']): string {
  return action === 'Associate' ? 'PENDING_INSTALL_DEPLOYMENT' : 'PENDING_UNINSTALL_DEPLOYMENT';
}

function callsFor(action: NextStep['kind'], current: FreshAssociations, finding: Finding): boolean {
  const { desired, failed, association } = finding;
  return desired !== undefined && nextStep(desired, current.get(association.applicationID), failed).kind === action;
}
