import type { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { ListedItems } from '../fleet/ports.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import { isSame } from './listedAssociations.ts';
import { ObservedAssociations } from './observedAssociations.ts';
import type { SingleFailure, SingleRead } from './readThrough.ts';

/** The result of a listing. */
export interface Listing<T> {
  /** Time of the request, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Duration of the read, in milliseconds. Defaults to 0. */
  readonly durationMs?: number;
  readonly value: ListedItems<T>;
}

interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

/** A WorkSpace that an event announced, and the time of its last read. */
export interface AnnouncedWorkspace {
  readonly at: number;
  readonly workspace: Workspace;
}

/** WorkSpaces of listings, updated by the observations up to a version. */
interface MergedWorkspaces {
  readonly listings: readonly Listing<Workspace>[];
  readonly alsoRead: readonly string[];
  readonly version: number;
  readonly workspaces: ReadonlyMap<string, Workspace>;
}

/** Time to keep an observation. Longer than twice the longest interval, so that a listing replaces it first. */
const OBSERVATION_TTL_MS = 50 * 3_600_000;
/** Maximum number of WorkSpaces that events announced and that listings may not contain yet. */
const MAX_ANNOUNCED = 10_000;

/**
 * Observations of single WorkSpaces that are more recent than the listings: the fresh read before a change, the response to the change,
 * and the polling of a deployment. An observation is valid until a later listing contains the same resource.
 */
export class ObservationOverlay {
  /** Associations. Record all associations of a WorkSpace with `recordAssociations`, which ends its failed read. */
  readonly associations = new ObservedAssociations();
  /** Number of changes of `#workspaces`, `#tags`, and `#connections`. */
  #version = 0;
  #merged: MergedWorkspaces | undefined;
  readonly #workspaces = new Map<string, { readonly at: number; readonly workspace: Workspace | undefined }>();
  readonly #tags = new Map<string, Timed<ReadonlyMap<string, string>>>();
  readonly #connections = new Map<string, Timed<WorkspaceConnection>>();
  /** WorkSpaces that events announced and that reads found. */
  readonly #announced = new Set<string>();
  /** Failed reads of single WorkSpaces, by WorkSpace ID. */
  readonly #failures = {
    associations: new Map<string, SingleFailure>(),
    tags: new Map<string, SingleFailure>(),
  } satisfies Record<SingleRead, unknown>;

  /** Records all associations of a WorkSpace. */
  recordAssociations(workspaceID: string, associations: readonly Association[], askedAt: number): void {
    this.#failures.associations.delete(workspaceID);
    this.associations.recordAll(workspaceID, associations, askedAt);
  }

  workspace(workspaceID: string, workspace: Workspace | undefined, at: number): void {
    const known = this.#workspaces.get(workspaceID);
    // Of two simultaneous reads, the one that didn't find the WorkSpace was answered later.
    if (known !== undefined && (known.at > at || (known.at === at && known.workspace === undefined))) {
      return;
    }
    this.#version++;
    this.#workspaces.set(workspaceID, { at, workspace });
  }

  /** Records that an event announced a WorkSpace, so that it can be newer than the listings. */
  announce(workspaceID: string): void {
    this.#announced.delete(workspaceID);
    this.#announced.add(workspaceID);
    for (const oldest of this.#announced) {
      if (this.#announced.size <= MAX_ANNOUNCED) {
        break;
      }
      this.#announced.delete(oldest);
    }
  }

  /** Forgets everything about a WorkSpace. */
  forget(workspaceID: string): void {
    this.#version++;
    for (const known of [this.#workspaces, this.associations, this.#tags, this.#connections, this.#announced]) {
      known.delete(workspaceID);
    }
    for (const failures of Object.values(this.#failures)) {
      failures.delete(workspaceID);
    }
  }

  forgetTags(workspaceID: string): void {
    this.#version++;
    this.#tags.delete(workspaceID);
  }

  forgetConnection(workspaceID: string): void {
    this.#version++;
    this.#connections.delete(workspaceID);
  }

  /** Returns the announced WorkSpaces that exist and whose associations were read. */
  announced(): AnnouncedWorkspace[] {
    return [...this.#announced].flatMap((workspaceID) => {
      const { at = 0, workspace } = this.#workspaces.get(workspaceID) ?? {};
      const isRead = Number.isFinite(this.associations.allSeenAt(workspaceID) ?? Number.NaN);
      return workspace === undefined || !isRead ? [] : [{ at, workspace }];
    });
  }

  /** Records a failed read of a single WorkSpace. What was known of it before is unknown. */
  failure(read: SingleRead, workspaceID: string, error: FleetError, at: number): void {
    this.#failures[read].set(workspaceID, { at, error });
    if (read === 'tags') {
      this.#version++;
      this.#tags.delete(workspaceID);
    }
  }

  /** Returns the reads that failed, by WorkSpace ID. */
  failuresOf(read: SingleRead): ReadonlyMap<string, SingleFailure> {
    return this.#failures[read];
  }

  tags(workspaceID: string, value: ReadonlyMap<string, string>, at: number): void {
    this.#failures.tags.delete(workspaceID);
    if ((this.tagsSeenAt(workspaceID) ?? at) <= at) {
      this.#version++;
      this.#tags.set(workspaceID, { at, value });
    }
  }

  connection(value: WorkspaceConnection, at: number): void {
    if ((this.connectionSeenAt(value.workspaceID) ?? at) <= at) {
      this.#version++;
      this.#connections.set(value.workspaceID, { at, value });
    }
  }

  /** Returns the time of the last read of a WorkSpace's tags. Undefined if they were not read. */
  tagsSeenAt(workspaceID: string): number | undefined {
    return this.#tags.get(workspaceID)?.at;
  }

  /** Returns the time of the last read of a WorkSpace's connection. Undefined if it was not read. */
  connectionSeenAt(workspaceID: string): number | undefined {
    return this.#connections.get(workspaceID)?.at;
  }

  /** Returns the time of the last read of a WorkSpace's state. Undefined if only listings contain it. */
  workspaceSeenAt(workspaceID: string): number | undefined {
    return this.#workspaces.get(workspaceID)?.at;
  }

  /** Returns a WorkSpace as last read. Undefined if it doesn't exist, or only listings contain it. */
  workspaceRead(workspaceID: string): Workspace | undefined {
    return this.#workspaces.get(workspaceID)?.workspace;
  }

  /** Whether the last read of a WorkSpace's state didn't find it. */
  isMissing(workspaceID: string): boolean {
    const read = this.#workspaces.get(workspaceID);
    return read !== undefined && read.workspace === undefined;
  }

  /** Returns the connection of a WorkSpace if it was read at `since` or later. */
  connectionSince(workspaceID: string, since: number): WorkspaceConnection | undefined {
    const last = this.#connections.get(workspaceID);
    return last !== undefined && last.at >= since ? last.value : undefined;
  }

  /**
   * Returns the WorkSpaces of the listings, updated by observations. The policies of a fleet share them until something else is known.
   *
   * @param alsoRead IDs of WorkSpaces that may be missing in the listings, because they are newer
   */
  *mergeWorkspaces(
    listings: readonly Listing<Workspace>[],
    alsoRead: readonly string[],
  ): Sliced<ReadonlyMap<string, Workspace>> {
    const version = this.#version;
    const known = this.#merged;
    const isKnown = known?.version === version && isSame(known.listings, listings) && isSame(known.alsoRead, alsoRead);
    if (known !== undefined && isKnown) {
      return known.workspaces;
    }
    const merged = new Map<string, Workspace>();
    for (const id of alsoRead) {
      const workspace = this.#workspaces.get(id)?.workspace;
      if (workspace !== undefined) {
        merged.set(id, this.#withDetails(workspace));
      }
    }
    for (const { askedAt, value } of listings) {
      for (const [index, listed] of value.entries()) {
        if (isYieldDue(index)) {
          yield;
        }
        const observed = this.#workspaces.get(listed.workspaceID);
        const workspace = observed !== undefined && observed.at >= askedAt ? observed.workspace : listed;
        if (workspace !== undefined) {
          merged.set(workspace.workspaceID, this.#withDetails(workspace));
        }
      }
    }
    // An observation during a pause may be missing in the result.
    this.#merged = this.#version === version ? { listings, alsoRead, version, workspaces: merged } : undefined;
    return merged;
  }

  #withDetails(workspace: Workspace): Workspace {
    const tags = this.#tags.get(workspace.workspaceID)?.value;
    const connection = this.#connections.get(workspace.workspaceID)?.value;
    return tags === undefined && connection === undefined ? workspace : { ...workspace, tags, connection };
  }

  /** Removes observations that listings have replaced. */
  prune(now: number): void {
    this.associations.prune(now - OBSERVATION_TTL_MS);
    for (const observed of [this.#workspaces, this.#tags, this.#connections, ...Object.values(this.#failures)]) {
      for (const [workspaceID, { at }] of observed) {
        if (at < now - OBSERVATION_TTL_MS) {
          this.#version++;
          observed.delete(workspaceID);
        }
      }
    }
    for (const workspaceID of this.#announced) {
      if (!this.#workspaces.has(workspaceID)) {
        this.#announced.delete(workspaceID);
      }
    }
  }
}
