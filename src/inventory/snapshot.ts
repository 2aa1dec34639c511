import type { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { ChangeOperation } from './transitions.ts';

/**
 * What is known of a fleet. Complete in all that was asked for unless `failures` says otherwise; nothing may be decided on an
 * incomplete one.
 */
export interface Snapshot {
  /** When the oldest read was asked for that has to be younger than the interval, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** When the WorkSpaces were listed of which nothing younger had to be known, in milliseconds since the epoch. */
  readonly listedAt: number;
  /** When something that moves is due to be looked at again, in milliseconds since the epoch; undefined if nothing moves. */
  readonly refreshDueAt: number | undefined;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly applications: ReadonlyMap<string, Application>;
  /** By WorkSpace, then by application. A WorkSpace without an entry has none of the applications that were asked about. */
  readonly associations: ReadonlyMap<string, ReadonlyMap<string, Association>>;
  /** Whether it was an install or an uninstall that an association in ERROR failed with; undefined if nobody saw it. */
  readonly failedOperation: (association: Association) => ChangeOperation | undefined;
  /** The reads that failed, in a stable order. */
  readonly failures: readonly FleetError[];
}
