import type { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { ListedItems } from '../fleet/ports.ts';
import { UpdatedMap } from '../lazyMap.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import type { AssociationsByWorkspace } from './associationTable.ts';
import { isSame, ListedAssociations } from './listedAssociations.ts';
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

interface ObservedAssociations {
  /** Time of the last request for all associations of the WorkSpace. */
  allAt: number;
  readonly byApplication: Map<string, { readonly at: number; readonly association: Association }>;
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
/** Maximum time that a request waits for its token, in milliseconds. An earlier time shows that the clock was set back. */
const MAX_WAIT_MS = 10 * 60_000;
/** Maximum number of WorkSpaces that events announced and that listings may not contain yet. */
const MAX_ANNOUNCED = 10_000;

/**
 * Observations of single WorkSpaces that are more recent than the listings: the fresh read before a change, the response to the change,
 * and the polling of a deployment. An observation is valid until a later listing contains the same resource.
 */
export class ObservationOverlay {
  readonly #listedAssociations = new ListedAssociations();
  /** Number of changes of `#workspaces`, `#tags`, and `#connections`. */
  #version = 0;
  #merged: MergedWorkspaces | undefined;
  readonly #associations = new Map<string, ObservedAssociations>();
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

  associations(workspaceID: string, associations: readonly Association[], askedAt: number): void {
    this.#failures.associations.delete(workspaceID);
    // A request can wait for its token longer than a later one with precedence, so its answer is the newer one.
    const last = this.#associations.get(workspaceID)?.allAt ?? askedAt;
    const at = last - askedAt <= MAX_WAIT_MS ? Math.max(askedAt, last) : askedAt;
    const entries = associations.map((association) => [association.applicationID, { at, association }] as const);
    this.#associations.set(workspaceID, { allAt: at, byApplication: new Map(entries) });
  }

  association(association: Association, at: number): void {
    const { workspaceID, applicationID } = association;
    const observed = this.#associations.get(workspaceID) ?? {
      allAt: Number.NEGATIVE_INFINITY,
      byApplication: new Map(),
    };
    observed.byApplication.set(applicationID, { at, association });
    this.#associations.set(workspaceID, observed);
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
    for (const known of [this.#workspaces, this.#associations, this.#tags, this.#connections, this.#announced]) {
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
      const isRead = Number.isFinite(this.#associations.get(workspaceID)?.allAt ?? Number.NaN);
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

  /** Returns the time of the last read of all associations of a WorkSpace. Undefined if they were not read. */
  associationsSeenAt(workspaceID: string): number | undefined {
    return this.#associations.get(workspaceID)?.allAt;
  }

  /**
   * Returns the observed state of an association: a state, or undefined if the WorkSpace doesn't have the application. Returns `Unread` if it
   * was not observed since a time.
   */
  stateSince(workspaceID: string, applicationID: string, since: number): Association['state'] | 'Unread' {
    const observed = this.#associations.get(workspaceID);
    const one = observed?.byApplication.get(applicationID);
    if (one !== undefined && one.at >= since) {
      return one.association.state;
    }
    return (observed?.allAt ?? Number.NEGATIVE_INFINITY) >= since ? undefined : 'Unread';
  }

  /** Returns the observed associations of a WorkSpace. */
  associationsOf(workspaceID: string): Association[] {
    return [...(this.#associations.get(workspaceID)?.byApplication.values() ?? [])].map(
      ({ association }) => association,
    );
  }

  /** Returns the connection of a WorkSpace if it was read at `since` or later. */
  connectionSince(workspaceID: string, since: number): WorkspaceConnection | undefined {
    const last = this.#connections.get(workspaceID);
    return last !== undefined && last.at >= since ? last.value : undefined;
  }

  /** Returns the time of the last observation of an association. Undefined if there is none. */
  seenAt({ workspaceID, applicationID }: Association): number | undefined {
    const observed = this.#associations.get(workspaceID);
    const at = Math.max(observed?.allAt ?? 0, observed?.byApplication.get(applicationID)?.at ?? 0);
    return at > 0 ? at : undefined;
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

  /**
   * Returns the associations of the listings, updated by observations. For applications without a listing, ignores observations before
   * `since`, because no listing replaces them.
   */
  *mergeAssociations(
    listings: ReadonlyMap<string, Listing<Association>>,
    since: number,
  ): Sliced<AssociationsByWorkspace> {
    const listed = yield* this.#listedAssociations.merge([...listings.values()]);
    const copies = new Map<string, Map<string, Association>>();
    // Other snapshots share the associations of the listings.
    const copyOf = (workspaceID: string) => {
      const copy = copies.get(workspaceID) ?? new Map(listed.get(workspaceID));
      copies.set(workspaceID, copy);
      return copy;
    };
    for (const [workspaceID, { allAt, byApplication }] of this.#associations) {
      for (const [applicationID, { askedAt }] of listings) {
        if (allAt >= askedAt && !byApplication.has(applicationID)) {
          if (listed.get(workspaceID)?.has(applicationID) === true) {
            copyOf(workspaceID).delete(applicationID);
          }
        }
      }
      for (const [applicationID, { at, association }] of byApplication) {
        if (at >= (listings.get(applicationID)?.askedAt ?? since)) {
          copyOf(workspaceID).set(applicationID, association);
        }
      }
    }
    return copies.size === 0 ? listed : new UpdatedMap(listed, copies);
  }

  /** Removes observations that listings have replaced. */
  prune(now: number): void {
    for (const [workspaceID, { allAt, byApplication }] of this.#associations) {
      const latest = Math.max(allAt, ...[...byApplication.values()].map(({ at }) => at));
      if (latest < now - OBSERVATION_TTL_MS) {
        this.#associations.delete(workspaceID);
      }
    }
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
