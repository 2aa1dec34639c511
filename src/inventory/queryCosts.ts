import type { Association, Workspace } from '../fleet/model.ts';
import { PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import { filterSliced, type Sliced } from '../slices.ts';
import type { ListCache } from './listCache.ts';
import { associationsName, stateName, workspaceName } from './listingNames.ts';
import type { Listing } from './observationOverlay.ts';
import { pagesFor, type QueryCosts } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';
import { associatedIn, candidatesIn } from './readScope.ts';

/** What the costs of the queries of a policy depend on. */
export interface CostInputs {
  readonly requirements: ReadRequirements;
  /** IDs of the applications whose associations are required. */
  readonly applicationIDs: readonly string[];
  /** Last listings of WorkSpaces, in the order of the queries. */
  readonly workspaces: readonly Listing<Workspace>[];
}

/**
 * Returns the costs of the queries of a policy, based on the sizes of the last listings.
 *
 * @param isOld whether a listing or a read must be renewed
 */
export function* queryCosts(
  { requirements, applicationIDs, workspaces }: CostInputs,
  listings: ListCache,
  isOld: (name: string) => boolean,
  isOldListing: (listing: Listing<Workspace>) => boolean,
): Sliced<QueryCosts> {
  const lastAssociations = applicationIDs.flatMap((id) => {
    const last = listings.last<Association>(associationsName(id));
    return last === undefined ? [] : [[id, last] as const];
  });
  const oldApplicationIDs = applicationIDs.filter((id) => isOld(associationsName(id)));
  const associated = requirements.everyWorkspace ? [] : yield* associatedIn(lastAssociations, workspaces, requirements);
  const oldStates = yield* filterSliced(associated, (id) => isOld(stateName(id)));
  const candidates = yield* candidatesIn(workspaces, requirements);
  const oldCandidates = yield* filterSliced(candidates, (id) => isOld(associationsName(id)));
  return {
    listing: listingCalls(requirements.workspaces, workspaces, isOld, isOldListing),
    byApplication: associationCalls(oldApplicationIDs, listings),
    byWorkspace: oldCandidates.length,
    associated: requirements.everyWorkspace ? undefined : Math.ceil(oldStates.length / PAGE_SIZE),
  };
}

/** Returns the number of calls that list the associations of applications. */
function associationCalls(applicationIDs: readonly string[], listings: ListCache): number {
  return applicationIDs
    .map((id) => pagesFor(listings.last(associationsName(id))?.value.length ?? 0))
    .reduce((sum, calls) => sum + calls, 0);
}

function listingCalls(
  queries: readonly WorkspaceQuery[],
  listings: readonly Listing<Workspace>[],
  isOld: (name: string) => boolean,
  isOldListing: (listing: Listing<Workspace>) => boolean,
): number {
  const [only] = queries;
  if (only !== undefined && 'workspaceIDs' in only) {
    return Math.ceil(only.workspaceIDs.filter((id) => isOld(workspaceName(id))).length / PAGE_SIZE);
  }
  return listings
    .filter(isOldListing)
    .map(({ value }) => pagesFor(value.length))
    .reduce((sum, calls) => sum + calls, 0);
}
