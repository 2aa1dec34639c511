import type { AssociationID } from '../fleet/associationID.ts';
import type { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { ChangeOperation } from './transitions.ts';

/** Parts of a fleet that are unknown although their reads succeeded or were rejected for them alone. No decision depends on them. */
export interface Gaps {
  /** Why a WorkSpace is unknown, by WorkSpace ID. */
  readonly workspaces: ReadonlyMap<string, string>;
  /** Why the tags of a WorkSpace are unknown, by WorkSpace ID. */
  readonly tags: ReadonlyMap<string, string>;
  /** IDs of applications that may also be associated with WorkSpaces for which the snapshot has no association. */
  readonly applications: ReadonlySet<string>;
  /** Rejected listings of directories or bundles in a stable order. The snapshot contains none of their WorkSpaces. */
  readonly listings: readonly FleetError[];
  /** Items that the operator can't assign to a resource, as text, in a stable order. */
  readonly items: readonly string[];
}

export const NO_GAPS: Gaps = {
  workspaces: new Map(),
  tags: new Map(),
  applications: new Set(),
  listings: [],
  items: [],
};

/**
 * The state of a fleet. If `failures` is empty, it contains everything that was required. The operator makes no decision on an incomplete
 * snapshot.
 */
export interface Snapshot {
  /** Time of the oldest request that must not be older than the interval, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Time of the oldest listing of WorkSpaces, which may be older than `askedAt`, in milliseconds since the epoch. */
  readonly listedAt: number;
  /** Time at which associations in transition are due to be read again, in milliseconds since the epoch. Undefined if there are none. */
  readonly refreshDueAt: number | undefined;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly applications: ReadonlyMap<string, Application>;
  /** Associations by WorkSpace, then by application. A WorkSpace without an entry has none of the required applications. */
  readonly associations: ReadonlyMap<string, ReadonlyMap<string, Association>>;
  /** Returns the failed operation of an association in ERROR. Undefined if the operator didn't observe it. */
  readonly failedOperation: (association: Association) => ChangeOperation | undefined;
  /** Unknown parts. Undefined if there are none. */
  readonly gaps?: Gaps | undefined;
  /** Failed reads in a stable order. */
  readonly failures: readonly FleetError[];
}

/** Whether the state of an association is unknown although the reads succeeded, so that its absence shows nothing. */
export function isUnknownIn(
  { workspaces, associations, gaps = NO_GAPS }: Pick<Snapshot, 'workspaces' | 'associations' | 'gaps'>,
  { workspaceID, applicationID }: AssociationID,
): boolean {
  const isMissing = associations.get(workspaceID)?.has(applicationID) !== true;
  const isInRejected = !workspaces.has(workspaceID) && gaps.listings.length > 0;
  return gaps.workspaces.has(workspaceID) || (isMissing && (gaps.applications.has(applicationID) || isInRejected));
}
