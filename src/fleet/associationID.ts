import type { Association } from './model.ts';

/** The IDs that identify an association. */
export type AssociationID = Pick<Association, 'workspaceID' | 'applicationID'>;

/** Returns the key of an association for a map. */
export function associationKey({ workspaceID, applicationID }: AssociationID): string {
  return `${workspaceID} ${applicationID}`;
}
