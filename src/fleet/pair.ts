import type { Association } from './model.ts';

/** What identifies an association. */
export type Pair = Pick<Association, 'workspaceID' | 'applicationID'>;

/** The key of an association in a map. */
export function pairKey({ workspaceID, applicationID }: Pair): string {
  return `${workspaceID} ${applicationID}`;
}
