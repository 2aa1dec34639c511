import { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { restartsDeployment } from '../plan/backoff.ts';
import { nextStep } from '../plan/nextStep.ts';
import { type Change, isRevert } from '../plan/plan.ts';
import { type CallResult, confirmByReading, mayHaveBeenApplied } from './ambiguousResult.ts';
import { attempt, type ExecuteContext, SendCheck, send } from './context.ts';
import type { OutcomeLog } from './outcome.ts';
import { isConfirmed, type Revalidate } from './revalidate.ts';

/** Makes confirmed association changes. Returns whether all succeeded, so that the deployment may follow. */
export async function changeAssociations(
  changes: readonly Change[],
  revalidate: Revalidate,
  isFresh: Precondition,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { history, reservation, policy, clock, isPlanCurrent } = context;
  let allSucceeded = true;
  for (const change of changes) {
    const { finding, action } = change;
    if (!isPlanCurrent() || history.expectations.isPending(action, finding.association, clock.now())) {
      outcome.interrupted ||= !isPlanCurrent();
      allSucceeded = false;
      continue;
    }
    if (isCounted(change) && !reservation.take()) {
      allSucceeded = false;
      continue;
    }
    const check = new SendCheck(() => isFresh() && isConfirmed(change, revalidate()), clock);
    const call = () => changeAssociation(change, context, check.precondition);
    const result = await attempt([change], context, outcome, call, isFresh);
    if (result === 'Applied') {
      history.backoff.succeeded(change, policy);
      outcome.made.push({ action, workspace: finding.workspace, findings: [finding], sentAt: check.sentAt });
    }
    allSucceeded &&= result !== undefined;
  }
  return allSucceeded;
}

async function changeAssociation(
  change: Change,
  context: ExecuteContext,
  precondition: Precondition,
): Promise<CallResult> {
  const { action, finding } = change;
  const { fleet, inventory, history, reservation, policy, clock } = context;
  const before = finding.association;
  const { workspaceID, applicationID } = before;
  const call = () =>
    action === 'Associate'
      ? fleet.associateWorkspaceApplication(workspaceID, applicationID, precondition)
      : fleet.disassociateWorkspaceApplication(workspaceID, applicationID, precondition);
  const isRemoval = isCounted(change) && before.state !== 'ERROR';
  const isUndo = isAwaitingDeployment(before);
  const start = action === 'Associate' ? 'Associate' : 'Disassociate';
  const sentAt = clock.now();
  // Expectations have ended, so the fresh read shows that an earlier call with a lost response had no effect.
  history.unconfirmed.discard(before);
  // Recorded before the call, so that a removal counts even if its result can't be read.
  const undoCount = isRemoval ? history.removals.record(before, clock.now().getTime(), policy.key) : () => {};
  const undoRetry = restartsDeployment(change) ? history.retries.count(workspaceID, policy, clock.now()) : () => {};
  try {
    const unexpect = history.expectations.expect(action, [before], clock.now());
    const unbegin = isUndo ? () => {} : history.started.begin(start, before, policy, clock.now());
    const rollback = () => {
      unexpect();
      unbegin();
      undoCount();
      undoRetry();
      if (isCounted(change)) {
        reservation.release();
      }
    };
    const after = await send(rollback, call);
    if (isUndo) {
      history.started.end(before);
    } else if (after !== undefined) {
      history.started.confirm(after);
    }
    inventory.observeAssociation(after ?? { ...before, state: stateAfter(action, isUndo), stateReason: undefined });
    return 'Applied';
  } catch (error) {
    try {
      return await confirmByReading(error, workspaceID, context, (current) => isReached(change, current));
    } catch (failure) {
      // The read may return the state before the change.
      if (error instanceof FleetError && mayHaveBeenApplied(error)) {
        history.unconfirmed.add(start, finding, policy, sentAt, undoCount);
      }
      throw failure;
    }
  }
}

/** Whether a change counts as a disassociation. A revert removes nothing that was installed. */
function isCounted({ action, finding }: Change): boolean {
  return action === 'Disassociate' && !isRevert(finding);
}

/** Returns the expected state after a change, in case the response omits it. The read before the deployment verifies it. */
function stateAfter(action: Change['action'], isUndo: boolean): Association['state'] {
  if (isUndo) {
    return action === 'Associate' ? 'COMPLETED' : 'REMOVED';
  }
  return action === 'Associate' ? 'PENDING_INSTALL_DEPLOYMENT' : 'PENDING_UNINSTALL_DEPLOYMENT';
}

/** Whether the current state of the association requires another step than the change. */
function isReached({ action, finding }: Change, current: FreshAssociations): boolean {
  const { desired, failed, association } = finding;
  return desired !== undefined && nextStep(desired, current.get(association.applicationID), failed).kind !== action;
}
