import type { Clock } from '../clock.ts';
import type { Workspace, WorkspaceConnection } from '../fleet/model.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import { type ReadThroughCache, readConnections, readTags, readWorkspaces } from './readThrough.ts';
import { TAG_PAGE_SIZE, type TagListing } from './tagListing.ts';

/** Time to keep a read. Longer than any change may be based on it. */
const TTL_MS = 60_000;

/** A value with the time of its request on the monotonic clock, which nobody can set. */
interface Read<T> {
  readonly readFrom: number;
  readonly value: T;
}

/** What is known of a WorkSpace right before a change, except its associations. */
export interface RecentWorkspace {
  /** WorkSpace with its tags, and with its connection if it was requested. Undefined if it doesn't exist. */
  readonly workspace: Workspace | undefined;
  /** Time of the oldest read of the state and the tags (monotonic). */
  readonly readFrom: number;
  /** Time of the read of the connection (monotonic). Infinity if it was not requested. */
  readonly connectionReadFrom: number;
}

/** Maximum ages of reads, in milliseconds. */
export interface MaxAges {
  readonly workspace: number;
  /** Undefined if the connection is not required. */
  readonly connection: number | undefined;
}

/**
 * Reads of WorkSpaces for changes, shared by all runs. A call reads the next WorkSpaces of a rollout together with the current one, because
 * AWS returns 25 states, 25 connections, or the tags of 100 WorkSpaces per call.
 */
export class RecentReads {
  readonly #clock: Clock;
  readonly #tagListing: TagListing;
  readonly #workspaces = new Map<string, Read<Workspace | undefined>>();
  readonly #tags = new Map<string, Read<ReadonlyMap<string, string>>>();
  readonly #connections = new Map<string, Read<WorkspaceConnection>>();
  /** Times of the last deployments by WorkSpace (monotonic). */
  readonly #deployedAt = new Map<string, number>();
  /** Time at which the last listing of all tags returned (monotonic). */
  #tagsListedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, tagListing: TagListing) {
    this.#clock = clock;
    this.#tagListing = tagListing;
  }

  /**
   * Returns a WorkSpace, and reads what is older than the maximum ages. Rejects with a FleetError if a read failed.
   *
   * @param next WorkSpaces that are required next, which the same calls read too
   */
  async read(
    workspaceID: string,
    next: readonly string[],
    maxAges: MaxAges,
    source: ReadThroughCache,
  ): Promise<RecentWorkspace> {
    this.#prune();
    await Promise.all([
      this.#ensure(this.#workspaces, workspaceID, next, maxAges.workspace, PAGE_SIZE, (ids) =>
        this.readWorkspaces(ids, source),
      ),
      this.#ensure(this.#tags, workspaceID, next, maxAges.workspace, TAG_PAGE_SIZE, (ids) =>
        this.#readTags(ids, workspaceID, source),
      ),
      maxAges.connection === undefined
        ? undefined
        : this.#ensure(this.#connections, workspaceID, next, maxAges.connection, PAGE_SIZE, (ids) =>
            this.readConnections(ids, source),
          ),
    ]);
    const [workspace, tags] = [this.#workspaces.get(workspaceID), this.#tags.get(workspaceID)];
    const connection = maxAges.connection === undefined ? undefined : this.#connections.get(workspaceID);
    return {
      workspace: workspace?.value && { ...workspace.value, tags: tags?.value, connection: connection?.value },
      readFrom: Math.min(workspace?.readFrom ?? Number.NEGATIVE_INFINITY, tags?.readFrom ?? Number.NEGATIVE_INFINITY),
      connectionReadFrom: connection?.readFrom ?? Number.POSITIVE_INFINITY,
    };
  }

  /** Reads the states of WorkSpaces. */
  async readWorkspaces(workspaceIDs: readonly string[], source: ReadThroughCache): Promise<void> {
    this.#prune();
    const readFrom = this.#clock.monotonic();
    const read = await readWorkspaces(workspaceIDs, source);
    for (const id of workspaceIDs) {
      if (readFrom >= (this.#deployedAt.get(id) ?? Number.NEGATIVE_INFINITY)) {
        this.#workspaces.set(id, { readFrom, value: read.get(id) });
      }
    }
  }

  /** Reads the connections of WorkSpaces. */
  async readConnections(workspaceIDs: readonly string[], source: ReadThroughCache): Promise<void> {
    this.#prune();
    const readFrom = this.#clock.monotonic();
    for (const [id, value] of workspaceIDs.length === 0 ? [] : await readConnections(workspaceIDs, source)) {
      this.#connections.set(id, { readFrom, value });
    }
  }

  /** Drops the read of a WorkSpace's state, even if it is in progress, because a deployment changes the state. */
  recordDeployment(workspaceID: string): void {
    this.#workspaces.delete(workspaceID);
    this.#deployedAt.set(workspaceID, this.#clock.monotonic());
  }

  /** Drops the read of a WorkSpace's state, because another observation replaces it. */
  forgetWorkspace(workspaceID: string): void {
    this.#workspaces.delete(workspaceID);
  }

  /** Drops the read of a WorkSpace's tags, because another observation replaces it. */
  forgetTags(workspaceID: string): void {
    this.#tags.delete(workspaceID);
  }

  /** Drops the reads of all tags, even if they are in progress, because a listing of all tags replaces them. */
  recordTagListing(): void {
    this.#tags.clear();
    this.#tagsListedAt = this.#clock.monotonic();
  }

  /** Drops the read of a WorkSpace's connection, because another observation replaces it. */
  forgetConnection(workspaceID: string): void {
    this.#connections.delete(workspaceID);
  }

  /** Reads tags in one call. If that isn't possible, reads only those of the current WorkSpace. */
  async #readTags(workspaceIDs: readonly string[], current: string, source: ReadThroughCache): Promise<void> {
    const readFrom = this.#clock.monotonic();
    for (const [id, value] of await this.#tagListing.readNow(workspaceIDs, source.fleet)) {
      this.#setTags(id, { readFrom, value });
    }
    if (this.#tags.get(current)?.readFrom !== readFrom) {
      const singleFrom = this.#clock.monotonic();
      this.#setTags(current, { readFrom: singleFrom, value: await readTags(current, source) });
    }
  }

  #setTags(workspaceID: string, read: Read<ReadonlyMap<string, string>>): void {
    if (read.readFrom >= this.#tagsListedAt) {
      this.#tags.set(workspaceID, read);
    }
  }

  /** Reads a value that is older than `maxAge`, together with the next ones that will soon be as old. */
  async #ensure(
    known: ReadonlyMap<string, Read<unknown>>,
    current: string,
    next: readonly string[],
    maxAge: number,
    pageSize: number,
    read: (workspaceIDs: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const ageOf = (id: string) => this.#clock.monotonic() - (known.get(id)?.readFrom ?? Number.NEGATIVE_INFINITY);
    if (ageOf(current) > maxAge) {
      const soonOld = next.filter((id) => id !== current && ageOf(id) > maxAge / 2);
      await read([current, ...soonOld.slice(0, pageSize - 1)]);
    }
  }

  #prune(): void {
    const since = this.#clock.monotonic() - TTL_MS;
    for (const reads of [this.#workspaces, this.#tags, this.#connections]) {
      for (const [id, { readFrom }] of reads) {
        if (readFrom < since) {
          reads.delete(id);
        }
      }
    }
    for (const [id, deployedAt] of this.#deployedAt) {
      if (deployedAt < since) {
        this.#deployedAt.delete(id);
      }
    }
  }
}
