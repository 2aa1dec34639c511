import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { Listing } from './observationOverlay.ts';
import type { ReadRequirements } from './readRequirements.ts';

/** The applications whose associations have to be known. */
export function applicationsIn(catalogue: readonly Listing<Application>[], requirements: ReadRequirements): string[] {
  const needed = catalogue.flatMap(({ value }) => value).filter(requirements.needsAssociationsOf);
  return [...new Set([...requirements.applicationIDs, ...needed.map(({ applicationID }) => applicationID)])].sort();
}

/** The WorkSpaces that the policy may be about. */
export function candidatesIn(listings: readonly Listing<Workspace>[], requirements: ReadRequirements): string[] {
  const candidates = listings.flatMap(({ value }) => value).filter(requirements.mightSelect);
  return [...new Set(candidates.map(({ workspaceID }) => workspaceID))].sort();
}

/** The WorkSpaces with one of the applications that the policy may be about, new ones that no listing knows included. */
export function associatedIn(
  associations: readonly (readonly [string, Listing<Association>])[],
  listings: readonly Listing<Workspace>[],
  requirements: ReadRequirements,
): string[] {
  const known = new Map(listings.flatMap(({ value }) => value).map((one) => [one.workspaceID, one]));
  const ids = associations
    .flatMap(([, { value }]) => value)
    .filter(({ state }) => state !== 'REMOVED')
    .map(({ workspaceID }) => workspaceID);
  const isConcerned = (id: string) => {
    const workspace = known.get(id);
    return workspace === undefined || requirements.mightSelect(workspace);
  };
  return [...new Set(ids)].filter(isConcerned).sort();
}
