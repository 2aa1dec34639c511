import type { WorkspaceQuery } from '../fleet/ports.ts';

/** Prefix of the names of listings of WorkSpaces. */
export const WORKSPACES = 'WorkSpaces';
/** Name of the listing of applications. */
export const APPLICATIONS = 'applications';
/** Prefixes of the names of reads of single WorkSpaces. */
export const ASSOCIATIONS_OF = 'associations of';
/** Prefix of the names of listings of the associations of applications. */
export const APPLICATION_ASSOCIATIONS = `${ASSOCIATIONS_OF} wsa-`;
export const STATE_OF = 'state of';

/** Returns the name of the listing of an application's or a WorkSpace's associations. Their IDs have different prefixes. */
export function associationsName(id: string): string {
  return `${ASSOCIATIONS_OF} ${id}`;
}

export function stateName(workspaceID: string): string {
  return `${STATE_OF} ${workspaceID}`;
}

/** Returns the name of a listing of WorkSpaces. WorkSpaces with given IDs have one listing each. */
export function workspacesName(query: Exclude<WorkspaceQuery, { readonly workspaceIDs: unknown }>): string {
  return 'all' in query
    ? `${WORKSPACES} all`
    : `${WORKSPACES} of ${'directoryID' in query ? query.directoryID : query.bundleID}`;
}

export function workspaceName(workspaceID: string): string {
  return `${WORKSPACES} ${workspaceID}`;
}
