import type { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { Listing } from './observationOverlay.ts';
import type { ReadRequirements } from './readRequirements.ts';
import type { RecordedSelection } from './recordedSelection.ts';
import type { RejectedListing } from './workspaceListings.ts';

/** The reads that a snapshot consists of. */
export interface ReadSet {
  readonly requirements: ReadRequirements;
  /** Minimum age limit: reads were requested at this time or later, in milliseconds since the epoch. */
  readonly since: number;
  /** Interval of the policy, in milliseconds. */
  readonly interval: number;
  /** Interval at which the listings are renewed, in milliseconds. At least the interval of the policy. */
  readonly effectiveInterval: number;
  /** Interval of the runs, in milliseconds. It is shorter than `effectiveInterval` while events announce changes. */
  readonly runInterval: number;
  /** Time of the oldest request that must not be older than `since`, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Time at which the first listing must be renewed, in milliseconds since the epoch. */
  readonly renewAt: number;
  readonly workspaces: readonly Listing<Workspace>[];
  /** Count that serves instead of a listing of WorkSpaces. Undefined if they were listed. */
  readonly recorded: RecordedSelection | undefined;
  /** IDs of WorkSpaces that were read in addition to the listings. */
  readonly alsoRead: readonly string[];
  readonly applications: readonly Listing<Application>[];
  /** IDs of WorkSpaces whose associations were read by WorkSpace. */
  readonly readByWorkspace: readonly string[];
  /** Listings that AWS rejected, while others succeeded. */
  readonly rejected: readonly RejectedListing[];
  /** Associations by application, if they were listed by application. Otherwise they were read by WorkSpace. */
  readonly associations: ReadonlyMap<string, Listing<Association>>;
  readonly failures: readonly FleetError[];
}
