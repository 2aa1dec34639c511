import type { Association } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { restartsDeployment } from '../plan/backoff.ts';
import { type NextStep, nextStep } from '../plan/nextStep.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { quotaMessage } from '../plan/quota.ts';
import { type CallResult, confirmByReading } from './ambiguousResult.ts';
import { attempt, type ExecuteContext, send } from './context.ts';
import type { OutcomeLog } from './outcome.ts';
import type { FreshWorkspace } from './revalidate.ts';

/** Makes the association changes that are still required. Returns whether all succeeded, so that the deployment may follow. */
export async function changeAssociations(
  changes: readonly Change[],
  { associations: current }: FreshWorkspace,
  precondition: Precondition,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { backoff, expectations, policy, clock, isPlanCurrent } = context;
  let allSucceeded = true;
  for (const change of changes) {
    const { finding, action } = change;
    if (!requires(action, current, finding)) {
      outcome.dropped.push({ change, message: 'the state of the association changed since the plan' });
      continue;
    }
    const association = current.get(finding.association.applicationID) ?? finding.association;
    if (!isPlanCurrent() || expectations.isPending(action, association, clock.now())) {
      outcome.interrupted ||= !isPlanCurrent();
      allSucceeded = false;
      continue;
    }
    if (action === 'Disassociate' && !context.reservation.take()) {
      outcome.held.push({
        change,
        reason: 'HourlyLimitReached',
        ...quotaMessage(context.quota, clock.now()),
      });
      allSucceeded = false;
      continue;
    }
    // The fresh association, on which a rejection depends.
    const attempted = { ...change, finding: { ...finding, association } };
    const result = await attempt([attempted], context, outcome, () =>
      changeAssociation(attempted, association, context, precondition),
    );
    if (result === 'Applied') {
      backoff.succeeded(change, policy);
      outcome.made.push({ action, workspace: finding.workspace, findings: [finding] });
    }
    allSucceeded &&= result !== undefined;
  }
  return allSucceeded;
}

async function changeAssociation(
  change: Change,
  before: Association,
  context: ExecuteContext,
  precondition: Precondition,
): Promise<CallResult> {
  const { fleet, inventory, expectations, removals, retries, reservation, policy, clock } = context;
  const { action, finding } = change;
  const { workspaceID, applicationID } = before;
  const call = () =>
    action === 'Associate'
      ? fleet.associateWorkspaceApplication(workspaceID, applicationID, precondition)
      : fleet.disassociateWorkspaceApplication(workspaceID, applicationID, precondition);
  const isRemoval = action === 'Disassociate' && before.state !== 'ERROR';
  // Recorded before the call, so that a removal counts even if its result can't be read.
  const undoCount = isRemoval ? removals.record(before, clock.now().getTime(), policy.key) : () => {};
  const undoRetry = restartsDeployment(change) ? retries.count(workspaceID, policy, clock.now()) : () => {};
  try {
    const unexpect = expectations.expect(action, [before], clock.now());
    const rollback = () => {
      unexpect();
      undoCount();
      undoRetry();
      if (action === 'Disassociate') {
        reservation.release();
      }
    };
    const after = await send(rollback, call);
    inventory.observeAssociation(after ?? { ...before, state: pendingAfter(action), stateReason: undefined });
    return 'Applied';
  } catch (error) {
    const isReached = (current: FreshAssociations) => !requires(action, current, finding);
    try {
      return await confirmByReading(error, workspaceID, context, isReached);
    } catch (failure) {
      if (failure === error) {
        undoCount();
      }
      throw failure;
    }
  }
}

/** Returns the expected state after a change, in case the response omits it. The read before the deployment verifies it. */
function pendingAfter(action: Change['action']): string {
  return action === 'Associate' ? 'PENDING_INSTALL_DEPLOYMENT' : 'PENDING_UNINSTALL_DEPLOYMENT';
}

/** Whether the current state of the association requires the action. */
function requires(action: NextStep['kind'], current: FreshAssociations, finding: Finding): boolean {
  const { desired, failed, association } = finding;
  return desired !== undefined && nextStep(desired, current.get(association.applicationID), failed).kind === action;
}
