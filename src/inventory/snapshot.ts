import type { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { ChangeOperation } from './transitions.ts';

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
  /** Failed reads in a stable order. */
  readonly failures: readonly FleetError[];
}
