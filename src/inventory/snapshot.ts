import type { AssociationID } from '../fleet/associationID.ts';
import type { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { ChangeOperation } from './transitions.ts';

/** Parts of a fleet that are unknown although their reads succeeded or were rejected for them alone. No decision depends on them. */
export interface Gaps {
  /** Why a WorkSpace is unknown, by WorkSpace ID. */
  readonly workspaces: ReadonlyMap<string, string>;
  /** IDs of the WorkSpaces in `workspaces` that AWS did not refuse to return, so that they may differ from the policy. */
  readonly unread: ReadonlySet<string>;
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
  unread: new Set(),
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
  /** Time at which the first listing must be renewed, in milliseconds since the epoch. */
  readonly renewAt: number;
  /** Interval at which the listings are renewed, in milliseconds. It exceeds the interval of the policy if reading takes many calls. */
  readonly effectiveInterval: number;
  /** Interval of the runs, in milliseconds. Defaults to `effectiveInterval`. It is shorter while events announce changes. */
  readonly runInterval?: number | undefined;
  /** Time of the oldest listing of WorkSpaces, which may be older than `askedAt`, in milliseconds since the epoch. */
  readonly listedAt: number;
  /**
   * Number of WorkSpaces that the policy selected at `listedAt`, if this process hasn't listed them. `workspaces` then contains only
   * WorkSpaces with an application that the policy names.
   */
  readonly recordedCount?: number | undefined;
  /** Time at which associations in transition are due to be read again, in milliseconds since the epoch. Undefined if there are none. */
  readonly refreshDueAt: number | undefined;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly applications: ReadonlyMap<string, Application>;
  /** Associations by WorkSpace, then by application. A WorkSpace without an entry has none of the required applications. */
  readonly associations: ReadonlyMap<string, ReadonlyMap<string, Association>>;
  /** Returns the failed operation of an association in ERROR. Undefined if the operator didn't observe it. */
  readonly failedOperation: (association: Association) => ChangeOperation | undefined;
  /** Returns the time of the failure of an association in ERROR, in milliseconds since the epoch. Undefined if it is unknown. */
  readonly failedAt: (association: Association) => number | undefined;
  /** Unknown parts. Undefined if there are none. */
  readonly gaps?: Gaps | undefined;
  /** Failed reads in a stable order. */
  readonly failures: readonly FleetError[];
}

/** Applications that AWS doesn't list, so that each of them is one object for all of its associations. */
const unlistedApplications = new WeakMap<Snapshot['applications'], Map<string, Application>>();

/** Returns an application of a snapshot. If AWS doesn't list it, only its ID is known. */
export function applicationIn({ applications }: Pick<Snapshot, 'applications'>, applicationID: string): Application {
  const listed = applications.get(applicationID);
  if (listed !== undefined) {
    return listed;
  }
  const unlisted = unlistedApplications.get(applications) ?? new Map<string, Application>();
  unlistedApplications.set(applications, unlisted);
  const application = unlisted.get(applicationID) ?? { applicationID };
  unlisted.set(applicationID, application);
  return application;
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
