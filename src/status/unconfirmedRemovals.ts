import type { FleetLocation } from '../execute/context.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { RecordedRemovals } from '../history/changeHistory.ts';
import { CLOCK_SKEW_MS } from '../history/startedChanges.ts';
import type { ReadRequirements } from '../inventory/readRequirements.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { RecentRemovals } from '../plan/backoff.ts';
import type { HoldReason } from '../plan/plan.ts';
import { removalsIn } from './recentRemovals.ts';
import { listedAssociations, type PolicyStatus, timestamp } from './resource.ts';

/** Removal that an earlier process planned and may have made, with the state of the association at that time. */
export interface UnconfirmedRemoval extends AssociationID {
  readonly lastUpdatedTime: string | undefined;
  /** Time of the status, in milliseconds since the epoch. The process can have made the removal only afterwards. */
  readonly shownAt: number;
}

/** Verdicts that ask for a removal. A disassociation for another verdict reverts an installation. */
const REMOVING: ReadonlySet<string> = new Set(['Denied', 'Unlisted']);

/** Holds that end without a change of the policy and before the next status, so that the process may have made the change. */
const TEMPORARY_HOLDS: ReadonlySet<string> = new Set<HoldReason>([
  'FleetSuspended',
  'Protected',
  'Incompatible',
  'ReplacementPending',
  'UnmanagedChangesPending',
  'LicensePaid',
  'OutsideMaintenanceWindow',
  'UserConnected',
  'RecentlyConnected',
  'WorkspaceNotReady',
  'BackingOff',
  'RolloutHalted',
  'BudgetExhausted',
  'HourlyLimitReached',
]);

/** Whether the process that wrote a status may have made a change afterwards, because the change didn't wait for a person. */
export function mayHaveBeenMade({ holdReason }: { readonly holdReason?: string | undefined }): boolean {
  return holdReason === undefined || TEMPORARY_HOLDS.has(holdReason);
}

/** Returns the removals that the process that wrote a status was about to make in a fleet, without those that waited for a person. */
export function unconfirmedRemovalsIn(
  previous: PolicyStatus | undefined,
  { name, accountID, region }: FleetLocation,
): UnconfirmedRemoval[] {
  const fleet = previous?.fleet;
  const isSameFleet = fleet?.name === name && fleet?.accountID === accountID && fleet.region === region;
  return (isSameFleet ? listedAssociations(previous) : [])
    .filter((one) => one.action === 'Disassociate' && one.state !== 'ERROR' && REMOVING.has(one.verdict))
    .filter(mayHaveBeenMade)
    .map(({ workspaceID, associatedResourceID, lastUpdatedTime }) => ({
      workspaceID,
      applicationID: associatedResourceID,
      lastUpdatedTime,
      shownAt: shownAt(previous),
    }));
}

/** Returns the time of a status, in milliseconds since the epoch. The process that wrote it makes the changes that it shows only afterwards. */
export function shownAt(status: PolicyStatus | undefined): number {
  return Date.parse(status?.lastSyncTime ?? '') || 0;
}

/** Whether an association was updated after a status, so that its process may have changed the association. AWS may omit the time. */
function isUpdatedSince(shown: number, lastUpdatedTime: Date | undefined): boolean {
  return lastUpdatedTime === undefined || lastUpdatedTime.getTime() >= shown - CLOCK_SKEW_MS;
}

/** Maximum difference between the time of a removal and the update of its association by AWS. The grace period separates two removals. */
const SAME_REMOVAL_MS = 5_000;

/** Snapshot, and the requirements that it was read for. */
interface Observation {
  readonly snapshot: Snapshot;
  readonly requirements: ReadRequirements;
}

/** States of an association that was disassociated. */
const DISASSOCIATED: ReadonlySet<string> = new Set([
  'PENDING_UNINSTALL_DEPLOYMENT',
  'PENDING_UNINSTALL',
  'UNINSTALLING',
  'REMOVED',
]);

/**
 * Returns the removals that an earlier process made and didn't write to the status. If somebody else made the removal, it counts once too
 * often, which is the safe side.
 *
 * @param removals removals that are known already
 */
export function confirmedRemovals(
  unconfirmedRemovals: readonly UnconfirmedRemoval[],
  previous: PolicyStatus | undefined,
  { snapshot, requirements }: Observation,
  removals: RecentRemovals,
): RecordedRemovals[] {
  const { associations } = snapshot;
  // A recorded listing is older than the removal.
  const listedAt = snapshot.recordedCount === undefined ? snapshot.listedAt : snapshot.askedAt;
  const recorded = new Map(
    removalsIn(previous?.recentRemovals).map(({ id, times }) => [associationKey(id), times.length]),
  );
  return unconfirmedRemovals.flatMap((id) => {
    const association = associations.get(id.workspaceID)?.get(id.applicationID);
    const { state, lastUpdatedTime } = association ?? {
      state: isAbsenceKnown(id, snapshot, requirements) ? 'REMOVED' : '',
    };
    // An association that was removed and came back has a newer time, whatever has become of it since.
    const isNewer = lastUpdatedTime !== undefined && timestamp(lastUpdatedTime) !== id.lastUpdatedTime;
    const isRemoved =
      isUpdatedSince(id.shownAt, lastUpdatedTime) &&
      (DISASSOCIATED.has(state ?? '') || (id.lastUpdatedTime !== undefined && isNewer));
    const updated = lastUpdatedTime?.getTime() ?? Number.NaN;
    const isTheSame = removals.timesOf(id).some((time) => Math.abs(time - updated) < SAME_REMOVAL_MS);
    const isUnrecorded = !isTheSame && removals.timesOf(id).length === (recorded.get(associationKey(id)) ?? 0);
    return isRemoved && isUnrecorded ? [{ id, times: [lastUpdatedTime?.getTime() ?? listedAt] }] : [];
  });
}

/**
 * Returns the removals that later runs must check, because the snapshot contains neither their WorkSpaces nor their associations. A fleet
 * whose directories are restricted for a while comes back with them.
 */
export function unreadRemovals(
  unconfirmedRemovals: readonly UnconfirmedRemoval[],
  { workspaces, associations }: Pick<Snapshot, 'workspaces' | 'associations'>,
): readonly UnconfirmedRemoval[] {
  return unconfirmedRemovals.filter(
    ({ workspaceID, applicationID }) =>
      !workspaces.has(workspaceID) && associations.get(workspaceID)?.has(applicationID) !== true,
  );
}

/** Whether a missing association doesn't exist in AWS: the snapshot has its WorkSpace, and the associations of its application were read. */
function isAbsenceKnown(
  { workspaceID, applicationID }: AssociationID,
  { workspaces, applications, gaps }: Snapshot,
  requirements: ReadRequirements,
): boolean {
  const application = applications.get(applicationID) ?? { applicationID };
  const isRead = requirements.applicationIDs.includes(applicationID) || requirements.needsAssociationsOf(application);
  const isUnknown = gaps?.workspaces.has(workspaceID) === true || gaps?.applications.has(applicationID) === true;
  return workspaces.has(workspaceID) && isRead && !isUnknown;
}
