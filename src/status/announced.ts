import type { FleetLocation } from '../execute/context.ts';
import type { Removals } from '../execute/removals.ts';
import type { Needs } from '../fleet/needs.ts';
import { type Pair, pairKey } from '../fleet/pair.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { removalsIn } from './recentRemovals.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

/** What a process was about to take away, as it was then. */
export type Announced = Pair & { readonly lastUpdatedTime: string | undefined };

/** What the process that wrote a status was about to take away from a fleet. */
export function announcedIn(
  previous: PolicyStatus | undefined,
  { name, accountID, region }: FleetLocation,
): Announced[] {
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
  readonly needs: Needs;
  readonly removals: Removals;
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
export function countAnnounced(
  announced: readonly Announced[],
  previous: PolicyStatus | undefined,
  { snapshot, needs, removals, policyKey }: Seen,
): void {
  const { associations, listedAt } = snapshot;
  const told = new Map(removalsIn(previous?.recentRemovals).map(({ pair, times }) => [pairKey(pair), times.length]));
  for (const pair of announced) {
    const association = associations.get(pair.workspaceID)?.get(pair.applicationID);
    const { state, lastUpdatedTime } = association ?? { state: wouldBeSeen(pair, snapshot, needs) ? 'REMOVED' : '' };
    // What was taken away and has come back has been updated since.
    const isBack = lastUpdatedTime !== undefined && timestamp(lastUpdatedTime) !== pair.lastUpdatedTime;
    const isTaken = TAKEN.has(state ?? '') || (state === 'COMPLETED' && pair.lastUpdatedTime !== undefined && isBack);
    if (isTaken && removals.timesOf(pair).length === (told.get(pairKey(pair)) ?? 0)) {
      removals.record(pair, lastUpdatedTime?.getTime() ?? listedAt, policyKey);
    }
  }
}

/** Whether an association that a snapshot doesn't have isn't there: its WorkSpace is, and the application was asked about. */
function wouldBeSeen(
  { workspaceID, applicationID }: Pair,
  { workspaces, applications }: Snapshot,
  needs: Needs,
): boolean {
  const application = applications.get(applicationID) ?? { applicationID };
  const isAskedAbout = needs.applicationIDs.includes(applicationID) || needs.needsAssociationsOf(application);
  return workspaces.has(workspaceID) && isAskedAbout;
}
