import type { Clock } from '../clock.ts';
import type { FleetContext } from '../execute/context.ts';
import type { FirstSeen } from '../history/gracePeriod.ts';
import type { WatchedHolds } from '../history/holdWatch.ts';
import { type Approval, NO_APPROVAL, type RecordedApproval } from '../plan/approval.ts';
import type { Policy } from '../policy/policy.ts';
import { type EventState, eventStateFromStatus } from './events.ts';
import { removalsIn } from './recentRemovals.ts';
import { listedAssociations, type PolicyStatus } from './resource.ts';
import { type UnconfirmedRemoval, unconfirmedRemovalsIn } from './unconfirmedRemovals.ts';

/** State that a run passes on to the next run of the same policy. */
export interface RunState {
  readonly eventState: EventState;
  /** Number of consecutive runs whose reads failed. */
  readonly failedReads: number;
  readonly watchedHolds: WatchedHolds;
  readonly firstSeen: FirstSeen;
  readonly approval: Approval | RecordedApproval;
  /** Removals that an earlier process planned and may have made. */
  readonly unconfirmedRemovals: readonly UnconfirmedRemoval[];
}

/** Restores the state from a status after a restart. */
export function restoreState(
  policy: Policy,
  previous: PolicyStatus | undefined,
  context: History & Pick<FleetContext, 'location'>,
): RunState {
  const approval = restoreHistory(policy, previous, context);
  return {
    eventState: eventStateFromStatus(previous),
    failedReads: 0,
    watchedHolds: new Map(),
    firstSeen: new Map(),
    approval,
    unconfirmedRemovals: unconfirmedRemovalsIn(previous, context.location),
  };
}

/** Histories of earlier changes. */
type History = Pick<FleetContext, 'retries' | 'removals' | 'inventory'> & { readonly clock: Clock };

/** Adds the earlier changes that a status records to the histories. Returns the recorded approval. */
export function restoreHistory(
  policy: Policy,
  previous: PolicyStatus | undefined,
  { retries, removals, inventory, clock }: History,
): RecordedApproval {
  for (const { id, times } of removalsIn(previous?.recentRemovals)) {
    times.forEach((time) => void removals.record(id, time, policy.key));
  }
  for (const one of listedAssociations(previous)) {
    const { workspaceID, associatedResourceID, lastUpdatedTime } = one;
    if (one.retries !== undefined) {
      const updated = lastUpdatedTime === undefined ? undefined : new Date(lastUpdatedTime);
      const operation = one.verdict === 'Required' ? 'Install' : 'Uninstall';
      const association = { workspaceID, applicationID: associatedResourceID, lastUpdatedTime: updated };
      if (one.state === 'ERROR') {
        inventory.rememberFailed(operation, association);
      }
      if (retries.get(workspaceID, policy) === undefined) {
        retries.restore(workspaceID, policy, one.retries, clock.now());
      }
    }
  }
  return recordedApproval(policy, previous);
}

/**
 * Returns the approval that a status records. A status of another object, for example, from a backup, records none: whatever annotation is
 * present was set for that object.
 */
function recordedApproval({ uid }: Policy, status: PolicyStatus | undefined): RecordedApproval {
  if (status?.objectUID === undefined || status.objectUID !== uid) {
    const { lastApproved, lastHandled, revision } = NO_APPROVAL;
    return { lastApproved, lastHandled, revision, remainder: undefined, proposal: undefined };
  }
  const { id, approvedRemainder, proposedOutcome } = status.plan ?? {};
  return {
    lastApproved: status.lastApprovedPlan || undefined,
    lastHandled: status.lastHandledApproval || undefined,
    revision: status.planRevision ?? 0,
    remainder: approvedRemainder,
    proposal: id === undefined || proposedOutcome === undefined ? undefined : { id, outcome: proposedOutcome },
  };
}
