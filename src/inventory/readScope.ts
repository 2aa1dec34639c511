import { inColumns } from '../fleet/associationColumns.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { WorkspaceQuery } from '../fleet/ports.ts';
import { eachSliced, filterSliced, isYieldDue, type Sliced, setSliced } from '../slices.ts';
import type { AnnouncedWorkspace, Listing } from './observationOverlay.ts';
import type { ReadRequirements } from './readRequirements.ts';

/** Returns the IDs of the applications whose associations are required. */
export function applicationsIn(listings: readonly Listing<Application>[], requirements: ReadRequirements): string[] {
  const all = listings.flatMap(({ value }) => [...value]);
  const needed = [...all.filter(requirements.needsAssociationsOf), ...requirements.alsoNeededAmong(all)];
  return [...new Set([...requirements.applicationIDs, ...needed.map(({ applicationID }) => applicationID)])].sort();
}

/** Returns the IDs of the listed WorkSpaces that the policy might select, and of the WorkSpaces with started changes. */
export function* candidatesIn(
  listings: readonly Listing<Workspace>[],
  requirements: ReadRequirements,
): Sliced<string[]> {
  const candidates = new Set<string>(requirements.workspaceIDs);
  for (const { value } of listings) {
    for (const { workspaceID } of yield* filterSliced(value, requirements.mightSelect)) {
      candidates.add(workspaceID);
    }
    yield;
  }
  return [...candidates].sort();
}

/** Returns the IDs of the WorkSpaces with started changes that no listing contains. */
export function unlistedIn(listings: readonly Listing<Workspace>[], { workspaceIDs }: ReadRequirements): string[] {
  if (workspaceIDs.length === 0) {
    return [];
  }
  const listed = new Set(listings.flatMap(({ value }) => value.map(({ workspaceID }) => workspaceID)));
  return workspaceIDs.filter((id) => !listed.has(id));
}

/** Returns the IDs of the WorkSpaces with a matching application that the policy might select, including WorkSpaces that no listing contains yet. */
export function* associatedIn(
  associations: readonly (readonly [string, Listing<Association>])[],
  listings: readonly Listing<Workspace>[],
  requirements: ReadRequirements,
): Sliced<string[]> {
  const known = new Map<string, Workspace>();
  for (const { value } of listings) {
    yield* eachSliced(value, (workspace) => void known.set(workspace.workspaceID, workspace));
  }
  const ids = new Set<string>();
  for (const [applicationID, { value }] of associations) {
    const columns = inColumns(applicationID, value);
    for (let index = 0; index < columns.length; index++) {
      if (isYieldDue(index)) {
        yield;
      }
      if (columns.stateAt(index) !== 'REMOVED') {
        ids.add(columns.workspaceIDAt(index));
      }
    }
  }
  const isCandidate = (id: string) => {
    const workspace = known.get(id);
    return workspace === undefined || requirements.mightSelect(workspace);
  };
  const candidates = yield* filterSliced(ids, isCandidate);
  yield;
  return candidates.sort();
}

/** IDs of the WorkSpaces in a listing. */
const listedIDs = new WeakMap<Listing<Workspace>, ReadonlySet<string>>();

/**
 * Returns the IDs of the WorkSpaces that events announced after the listings that would contain them.
 *
 * @param queries queries of the listings
 */
export function* announcedIn(
  announced: readonly AnnouncedWorkspace[],
  listings: readonly Listing<Workspace>[],
  queries: readonly WorkspaceQuery[],
): Sliced<string[]> {
  const isContained = ({ workspace }: AnnouncedWorkspace) => queries.some((query) => isIn(query, workspace));
  const listedAt = listings.reduce((first, { askedAt }) => Math.min(first, askedAt), Number.POSITIVE_INFINITY);
  const newer = announced.filter((one) => one.at >= listedAt && isContained(one));
  for (const listing of newer.length === 0 ? [] : listings) {
    if (!listedIDs.has(listing)) {
      listedIDs.set(listing, yield* setSliced(listing.value, ({ workspaceID }) => workspaceID));
    }
  }
  const isListed = (id: string) => listings.some((listing) => listedIDs.get(listing)?.has(id));
  return newer.map(({ workspace }) => workspace.workspaceID).filter((id) => !isListed(id));
}

/** Whether a listing with this query contains a WorkSpace. */
function isIn(query: WorkspaceQuery, { workspaceID, directoryID, bundleID }: Workspace): boolean {
  if ('workspaceIDs' in query) {
    return query.workspaceIDs.includes(workspaceID);
  }
  return 'all' in query || ('directoryID' in query ? query.directoryID === directoryID : query.bundleID === bundleID);
}
