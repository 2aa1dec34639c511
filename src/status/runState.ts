import type { Clock } from '../clock.ts';
import type { FleetContext } from '../execute/context.ts';
import type { FirstSeen } from '../history/gracePeriod.ts';
import type { WatchedHolds } from '../history/holdWatch.ts';
import type { Approval, RecordedApproval } from '../plan/approval.ts';
import type { Policy } from '../policy/policy.ts';
import { type EventState, eventStateFromStatus } from './events.ts';
import { removalsIn } from './recentRemovals.ts';
import type { PolicyStatus } from './resource.ts';
import { type UnconfirmedRemoval, unconfirmedRemovalsIn } from './unconfirmedRemovals.ts';

/** What a run leaves to the next one of the same policy. */
export interface RunState {
  readonly eventState: EventState;
  /** Runs in a row whose reads failed. */
  readonly failedReads: number;
  readonly watchedHolds: WatchedHolds;
  readonly firstSeen: FirstSeen;
  readonly approval: Approval | RecordedApproval;
  /** What an earlier process was about to take away when it last told of it. */
  readonly unconfirmedRemovals: readonly UnconfirmedRemoval[];
}

/** What a process that starts goes on with: what an earlier one left in the status. */
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

/** Where what was learnt of earlier changes is kept. */
type History = Pick<FleetContext, 'retries' | 'removals' | 'inventory'> & { readonly clock: Clock };

/** Takes up what a status tells of earlier changes. Returns what it tells of the approval. */
export function restoreHistory(
  policy: Policy,
  previous: PolicyStatus | undefined,
  { retries, removals, inventory, clock }: History,
): RecordedApproval {
  for (const { id, times } of removalsIn(previous?.recentRemovals)) {
    times.forEach((time) => void removals.record(id, time, policy.key));
  }
  for (const one of previous?.associations ?? []) {
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
  return { lastApproved: previous?.lastApprovedPlan, remainder: previous?.plan?.approvedRemainder };
}
