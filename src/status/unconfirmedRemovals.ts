import type { FleetLocation } from '../execute/context.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { RemovalHistory } from '../history/removalHistory.ts';
import type { ReadRequirements } from '../inventory/readRequirements.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import { removalsIn } from './recentRemovals.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

/** What a process was about to take away, as it was then. */
export type UnconfirmedRemoval = AssociationID & { readonly lastUpdatedTime: string | undefined };

/** What the process that wrote a status was about to take away from a fleet. */
export function unconfirmedRemovalsIn(
  previous: PolicyStatus | undefined,
  { name, accountID, region }: FleetLocation,
): UnconfirmedRemoval[] {
  const fleet = previous?.fleet;
  const isThere = fleet?.name === name && fleet?.accountID === accountID && fleet.region === region;
  return (isThere ? (previous?.associations ?? []) : [])
    .filter(({ action, state }) => action === 'Disassociate' && state !== 'ERROR')
    .map(({ workspaceID, associatedResourceID, lastUpdatedTime }) => ({
      workspaceID,
      applicationID: associatedResourceID,
      lastUpdatedTime,
    }));
}

/** What has been read since, for which needs, and where removals are counted for a policy. */
interface Seen {
  readonly snapshot: Snapshot;
  readonly requirements: ReadRequirements;
  readonly removals: RemovalHistory;
  readonly policyKey: string;
}

/** States that an association is in once it was disassociated. */
const TAKEN: ReadonlySet<string> = new Set([
  'PENDING_UNINSTALL_DEPLOYMENT',
  'PENDING_UNINSTALL',
  'UNINSTALLING',
  'REMOVED',
]);

/**
 * Counts what an earlier process announced, did, and didn't live to tell. A person may have done it as well; then it counts once too
 * often, rather than once too seldom.
 */
export function recordConfirmedRemovals(
  unconfirmedRemovals: readonly UnconfirmedRemoval[],
  previous: PolicyStatus | undefined,
  { snapshot, requirements, removals, policyKey }: Seen,
): void {
  const { associations, listedAt } = snapshot;
  const recorded = new Map(
    removalsIn(previous?.recentRemovals).map(({ id, times }) => [associationKey(id), times.length]),
  );
  for (const id of unconfirmedRemovals) {
    const association = associations.get(id.workspaceID)?.get(id.applicationID);
    const { state, lastUpdatedTime } = association ?? {
      state: wouldBeSeen(id, snapshot, requirements) ? 'REMOVED' : '',
    };
    // What was taken away and has come back has been updated since.
    const isBack = lastUpdatedTime !== undefined && timestamp(lastUpdatedTime) !== id.lastUpdatedTime;
    const isTaken = TAKEN.has(state ?? '') || (state === 'COMPLETED' && id.lastUpdatedTime !== undefined && isBack);
    if (isTaken && removals.timesOf(id).length === (recorded.get(associationKey(id)) ?? 0)) {
      removals.record(id, lastUpdatedTime?.getTime() ?? listedAt, policyKey);
    }
  }
}

/** Whether an association that a snapshot doesn't have isn't there: its WorkSpace is, and the application was asked about. */
function wouldBeSeen(
  { workspaceID, applicationID }: AssociationID,
  { workspaces, applications }: Snapshot,
  requirements: ReadRequirements,
): boolean {
  const application = applications.get(applicationID) ?? { applicationID };
  const isAskedAbout =
    requirements.applicationIDs.includes(applicationID) || requirements.needsAssociationsOf(application);
  return workspaces.has(workspaceID) && isAskedAbout;
}
