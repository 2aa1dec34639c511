import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { Listing } from './observationOverlay.ts';
import type { ReadRequirements } from './readRequirements.ts';

/** Returns the IDs of the applications whose associations are required. */
export function applicationsIn(listings: readonly Listing<Application>[], requirements: ReadRequirements): string[] {
  const needed = listings.flatMap(({ value }) => value).filter(requirements.needsAssociationsOf);
  return [...new Set([...requirements.applicationIDs, ...needed.map(({ applicationID }) => applicationID)])].sort();
}

/** Returns the IDs of the listed WorkSpaces that the policy might select, and of the WorkSpaces with started changes. */
export function candidatesIn(listings: readonly Listing<Workspace>[], requirements: ReadRequirements): string[] {
  const candidates = listings.flatMap(({ value }) => value).filter(requirements.mightSelect);
  return [...new Set([...candidates.map(({ workspaceID }) => workspaceID), ...requirements.workspaceIDs])].sort();
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
export function associatedIn(
  associations: readonly (readonly [string, Listing<Association>])[],
  listings: readonly Listing<Workspace>[],
  requirements: ReadRequirements,
): string[] {
  const known = new Map(listings.flatMap(({ value }) => value).map((workspace) => [workspace.workspaceID, workspace]));
  const ids = associations
    .flatMap(([, { value }]) => value)
    .filter(({ state }) => state !== 'REMOVED')
    .map(({ workspaceID }) => workspaceID);
  const isCandidate = (id: string) => {
    const workspace = known.get(id);
    return workspace === undefined || requirements.mightSelect(workspace);
  };
  return [...new Set(ids)].filter(isCandidate).sort();
}
