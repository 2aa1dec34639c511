import type { FleetLocation } from '../execute/context.ts';
import type { RecordedHistory } from '../history/changeHistory.ts';
import { type FirstSeen, NOTHING_SEEN } from '../history/gracePeriod.ts';
import type { WatchedHolds } from '../history/holdWatch.ts';
import type { RecordedSelection } from '../inventory/recordedSelection.ts';
import { type Approval, NO_APPROVAL, type RecordedApproval } from '../plan/approval.ts';
import type { Policy } from '../policy/policy.ts';
import { type EventState, eventStateFromStatus } from './eventState.ts';
import { removalsIn } from './recentRemovals.ts';
import { recordedSelection } from './recordedSelection.ts';
import { type ListedAssociation, listedAssociations, type PolicyStatus } from './resource.ts';
import { startedIn } from './started.ts';
import { type UnconfirmedRemoval, unconfirmedRemovalsIn } from './unconfirmedRemovals.ts';

/** State that a run passes on to the next run of the same policy. */
export interface RunState {
  readonly eventState: EventState;
  /** Number of consecutive runs whose reads failed. */
  readonly failedReads: number;
  readonly watchedHolds: WatchedHolds;
  /** Whether the run left changes of its plan to the next run. */
  readonly isRollingOut: boolean;
  /** Count of an earlier process that serves until the WorkSpaces are listed. */
  readonly recordedSelection: RecordedSelection | undefined;
  readonly firstSeen: FirstSeen;
  readonly approval: Approval | RecordedApproval;
  /** Removals that an earlier process planned and may have made. */
  readonly unconfirmedRemovals: readonly UnconfirmedRemoval[];
}

/**
 * Returns the state for the first run of a process, from the status of the policy.
 *
 * @param recorded last status with the associations of an earlier process. Defaults to `previous`.
 */
export function initialState(
  policy: Policy,
  previous: PolicyStatus | undefined,
  location: FleetLocation,
  recorded = previous,
): RunState {
  return {
    eventState: eventStateFromStatus(previous),
    failedReads: 0,
    watchedHolds: new Map(),
    isRollingOut: false,
    recordedSelection: recordedSelection(policy, previous, location),
    firstSeen: NOTHING_SEEN,
    approval: recordedApproval(policy, previous),
    // Only the process that reconciled this object made the changes that its status shows.
    unconfirmedRemovals:
      isOfOtherObject(policy, recorded) || isAudit(policy, recorded) ? [] : unconfirmedRemovalsIn(recorded, location),
  };
}

/** Whether a status was written for another object of the same name, for example, because it comes from a backup. */
function isOfOtherObject({ uid }: Policy, status: PolicyStatus | undefined): boolean {
  return status?.objectUID !== undefined && status.objectUID !== uid;
}

/** Whether the process that wrote a status made no change, because the policy audits. Its rows show the holds that apply if you enforce it. */
function isAudit({ enforcement, generation }: Policy, status: PolicyStatus | undefined): boolean {
  return enforcement === 'Audit' && status?.observedGeneration === generation;
}

/**
 * Returns the approval that a status records. A status of another object, for example, from a backup, records none: whatever annotation is
 * present was set for that object.
 */
export function recordedApproval({ uid }: Policy, status: PolicyStatus | undefined): RecordedApproval {
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

/**
 * Returns the earlier changes that a status records. In a status of another object, for example, from a backup, the changes that the
 * operator started were not started for this one.
 *
 * @param location location of the fleet. Defaults to that of the status.
 */
export function recordedHistory(
  policy: Policy,
  previous: PolicyStatus | undefined,
  location?: Pick<FleetLocation, 'accountID' | 'region'>,
): RecordedHistory {
  const retries = listedAssociations(previous).flatMap((one) =>
    one.retries === undefined ? [] : [retryOf(one, one.retries)],
  );
  const isOwn = previous?.objectUID === policy.uid;
  const listed = isOwn ? startedIn(previous, location) : [];
  const started = isAudit(policy, previous) ? listed.filter(({ isTentative }) => !isTentative) : listed;
  const generation = (isOwn ? previous.observedGeneration : undefined) ?? policy.generation;
  return { removals: removalsIn(previous?.recentRemovals), retries, started, generation };
}

function retryOf(
  { workspaceID, associatedResourceID, lastUpdatedTime, state, verdict }: ListedAssociation,
  count: number,
): RecordedHistory['retries'][number] {
  const updated = lastUpdatedTime === undefined ? undefined : new Date(lastUpdatedTime);
  const operation = verdict === 'Required' ? 'Install' : 'Uninstall';
  return {
    association: { workspaceID, applicationID: associatedResourceID, lastUpdatedTime: updated },
    count,
    failed: state === 'ERROR' ? operation : undefined,
  };
}
