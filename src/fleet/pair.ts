import type { Association } from './model.ts';

/** What identifies an association. */
export type Pair = Pick<Association, 'workspaceId' | 'applicationId'>;

/** The key of an association in a map. */
export function pairKey({ workspaceId, applicationId }: Pair): string {
  return `${workspaceId} ${applicationId}`;
}
