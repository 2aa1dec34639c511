import type { Association } from './model.ts';

/** What identifies an association. */
export type AssociationID = Pick<Association, 'workspaceID' | 'applicationID'>;

/** The key of an association in a map. */
export function associationKey({ workspaceID, applicationID }: AssociationID): string {
  return `${workspaceID} ${applicationID}`;
}
