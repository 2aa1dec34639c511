import { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import type { SettlementResult } from '../history/unconfirmedChanges.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { restartsDeployment } from '../plan/backoff.ts';
import { nextStep } from '../plan/nextStep.ts';
import { type Change, isRevert, type Replacement } from '../plan/plan.ts';
import { dependsOnOthers } from '../plan/refusals.ts';
import { type CallResult, confirmByReading, mayHaveBeenApplied } from './ambiguousResult.ts';
import { CallRecord } from './callRecord.ts';
import { attempt, type ExecuteContext, SendCheck, send } from './context.ts';
import type { OutcomeLog } from './outcome.ts';
import { isConfirmed, type Revalidate } from './revalidate.ts';

/**
 * Makes confirmed association changes. Returns whether all succeeded, so that the deployment may follow. If AWS rejects the new application
 * of a replacement while the old one is associated, tries it again after the old one is disassociated. If the new application can't be
 * associated for another reason, leaves the old one as it is.
 */
export async function changeAssociations(
  changes: readonly Change[],
  revalidate: Revalidate,
  isFresh: Precondition,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<boolean> {
  const { history, reservation, policy, clock, isPlanCurrent } = context;
  const queue = [...changes];
  const postponed = new Set<Change>();
  const failed = new Set<Replacement>();
  const associations = new Map(context.associations);
  let allSucceeded = true;
  for (const change of queue) {
    const { finding, action } = change;
    if (finding.replacement !== undefined && failed.has(finding.replacement)) {
      allSucceeded = false;
      continue;
    }
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
    const record = new CallRecord([change], { ...context, associations }, check);
    const mayPostpone = !postponed.has(change) && hasRemovalAfter(change, queue);
    const call = async () => {
      try {
        return await changeAssociation(change, context, check.precondition, record);
      } catch (error) {
        if (mayPostpone && isIncompatibleBeside(error)) {
          return 'Postponed';
        }
        throw error;
      }
    };
    const result = await attempt([change], { ...context, associations }, outcome, call, isFresh);
    if (result === 'Postponed') {
      postponed.add(change);
      queue.push(change);
      continue;
    }
    if (result === undefined && finding.replacement?.isOwn === true) {
      failed.add(finding.replacement);
    }
    if (result !== undefined) {
      const state = stateAfter(action, isAwaitingDeployment(finding.association));
      associations.set(finding.association.applicationID, { ...finding.association, state });
    }
    if (result === 'Applied') {
      history.backoff.succeeded(change, policy);
      outcome.made.push({
        action,
        workspace: finding.workspace,
        findings: [finding],
        sentAt: check.sentAt,
        call: record.summary,
      });
    }
    allSucceeded &&= result !== undefined;
  }
  return allSucceeded;
}

/** Whether a later change disassociates an application that this one replaces. */
function hasRemovalAfter({ action, finding: { replacement } }: Change, queue: readonly Change[]): boolean {
  return (
    action === 'Associate' &&
    replacement !== undefined &&
    queue.some((one) => one.action === 'Disassociate' && one.finding.replacement === replacement)
  );
}

/** Whether AWS may have rejected an application because of another one. */
function isIncompatibleBeside(error: unknown): boolean {
  return error instanceof FleetError && error.kind === 'Incompatible' && dependsOnOthers(error.details.exception);
}

async function changeAssociation(
  change: Change,
  context: ExecuteContext,
  precondition: Precondition,
  record: CallRecord,
): Promise<CallResult> {
  const { action, finding } = change;
  const { fleet, inventory, history, reservation, policy, clock } = context;
  const before = finding.association;
  const { workspaceID, applicationID } = before;
  const call = () =>
    action === 'Associate'
      ? fleet.associateWorkspaceApplication(workspaceID, applicationID, precondition, record)
      : fleet.disassociateWorkspaceApplication(workspaceID, applicationID, precondition, record);
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
    await record.succeeded(after === undefined ? [] : [after]);
    return 'Applied';
  } catch (error) {
    try {
      const result = await confirmByReading(error, workspaceID, context, (current) => isReached(change, current));
      await record.failed(error, result === 'Applied');
      return result;
    } catch (failure) {
      // The read may return the state before the change.
      if (error instanceof FleetError && mayHaveBeenApplied(error)) {
        const onSettled = (result: SettlementResult) => record.settle(result);
        history.unconfirmed.add(start, finding, policy, sentAt, undoCount, onSettled);
      }
      await record.failed(error, false);
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
