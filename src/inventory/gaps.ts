import type { FleetError } from '../fleet/errors.ts';
import type { Workspace } from '../fleet/model.ts';
import type { Listing } from './observationOverlay.ts';
import type { ReadSet } from './readSet.ts';
import type { SingleFailure, SingleRead } from './readThrough.ts';
import { type Gaps, NO_GAPS, type Snapshot } from './snapshot.ts';
import type { RejectedListing } from './workspaceListings.ts';

/**
 * Returns the unknown parts of a fleet.
 *
 * @param failuresOf returns the reads of single WorkSpaces that failed, by WorkSpace ID
 */
export function gapsIn(
  { workspaces: listings, applications, associations, alsoRead, readByWorkspace, rejected }: ReadSet,
  workspaces: ReadonlyMap<string, Workspace>,
  failuresOf: (read: SingleRead) => ReadonlyMap<string, SingleFailure>,
): Gaps {
  const items = [
    ...listings.flatMap((listing) => unidentifiedIn(listing, 'DescribeWorkspaces')),
    ...applications.flatMap((listing) => unidentifiedIn(listing, 'DescribeApplications')),
    ...[...associations].flatMap(([id, listing]) =>
      unidentifiedIn(listing, `DescribeApplicationAssociations for ${id}`),
    ),
  ];
  const messages = (read: SingleRead) =>
    [...failuresOf(read)].map(([id, { error }]) => [id, messageOf(error)] as const);
  const isReadSingly = new Set(failuresOf('associations').size > 0 ? readByWorkspace : []);
  const failures = [...failuresOf('associations')].filter(([id]) => isReadSingly.has(id));
  const gaps: Gaps = {
    workspaces: new Map([
      ...failures.map(([id, { error }]) => [id, messageOf(error)] as const),
      ...inRejected(alsoRead, workspaces, rejected),
    ]),
    unread: new Set(failures.flatMap(([id, { error }]) => (error.kind === 'InvalidResponse' ? [id] : []))),
    tags: new Map(messages('tags')),
    applications: new Set(
      [...associations].flatMap(([id, { value }]) => (value.unidentified === undefined ? [] : [id])),
    ),
    listings: rejected.map(({ error }) => error),
    items: [...new Set(items)].sort(),
  };
  const { size } = new Set([...gaps.workspaces, ...gaps.tags, ...gaps.applications, ...gaps.listings, ...gaps.items]);
  return size === 0 ? NO_GAPS : gaps;
}

/** Returns the unknown parts of a snapshot as text. Empty if it is complete. */
export function gapMessages({ gaps = NO_GAPS }: Pick<Snapshot, 'gaps'>): string[] {
  return [
    ...gaps.listings.map(({ message }) => message),
    ...[...gaps.workspaces, ...gaps.tags].map(([workspaceID, reason]) => `${workspaceID}: ${reason}`),
    ...gaps.items,
  ];
}

/** Returns the WorkSpaces of rejected directories and bundles that another read contains. */
function inRejected(
  workspaceIDs: readonly string[],
  workspaces: ReadonlyMap<string, Workspace>,
  rejected: readonly RejectedListing[],
): ReadonlyMap<string, string> {
  return new Map(
    workspaceIDs.flatMap((id) => {
      const { directoryID, bundleID } = workspaces.get(id) ?? {};
      const match = rejected.find(({ query }) =>
        'directoryID' in query ? query.directoryID === directoryID : 'bundleID' in query && query.bundleID === bundleID,
      );
      return match === undefined ? [] : [[id, messageOf(match.error)] as const];
    }),
  );
}

function messageOf(error: FleetError): string {
  const { operation, reason } = error.details;
  return `${operation} failed: ${reason}`;
}

function unidentifiedIn({ value }: Listing<unknown>, operation: string): string[] {
  return (value.unidentified ?? []).map((item) => `${operation}: ${item}`);
}
