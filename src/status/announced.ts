import type { Removals } from '../execute/removals.ts';
import { type Pair, pairKey } from '../fleet/pair.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { removalsIn } from './recentRemovals.ts';
import type { PolicyStatus } from './resource.ts';

/** What the process that wrote a status was about to take away. */
export function announcedIn(previous: PolicyStatus | undefined): Pair[] {
  return (previous?.associations ?? [])
    .filter(({ action, state }) => action === 'Disassociate' && state !== 'ERROR')
    .map(({ workspaceId, associatedResourceId }) => ({ workspaceId, applicationId: associatedResourceId }));
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
  announced: readonly Pair[],
  previous: PolicyStatus | undefined,
  { associations, listedAt }: Snapshot,
  removals: Removals,
  policyKey: string,
): void {
  const told = new Map(removalsIn(previous?.recentRemovals).map(({ pair, times }) => [pairKey(pair), times.length]));
  for (const pair of announced) {
    const association = associations.get(pair.workspaceId)?.get(pair.applicationId);
    const isTaken = association === undefined || TAKEN.has(association.state ?? '');
    if (isTaken && removals.timesOf(pair).length === (told.get(pairKey(pair)) ?? 0)) {
      removals.record(pair, association?.lastUpdatedTime?.getTime() ?? listedAt, policyKey);
    }
  }
}
