import { type Clock, yieldToEventLoop } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';
import { isTransitioning } from '../fleet/states.ts';
import { FailureBackoff } from './failureBackoff.ts';
import { FleetLoader, type ReadSet } from './fleetLoader.ts';
import { gapsIn } from './gaps.ts';
import { ObservationOverlay } from './observationOverlay.ts';
import { planPolling, refreshDelay } from './polling.ts';
import type { QueryPlan } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';
import {
  type CacheSink,
  type ReadThroughCache,
  readAssociations,
  readConnections,
  readTags,
  readWorkspaces,
  type SingleFailure,
  type SingleRead,
} from './readThrough.ts';
import type { Snapshot } from './snapshot.ts';
import { type CallCount, type SyncStats, SyncTracker } from './syncTracker.ts';
import { type ChangeOperation, Transitions } from './transitions.ts';
import { type WaitForReads, waitDirectly } from './waitForReads.ts';

/** IDs of single WorkSpaces to read again, by what to read. */
export interface RefreshRequest {
  readonly associationsOf?: readonly string[];
  readonly stateOf?: readonly string[];
  readonly connectionOf?: readonly string[];
  readonly tagsOf?: readonly string[];
}

/**
 * Cache of a fleet, shared by all policies: they share listings, and all of them immediately see the result of a change.
 */
export class Inventory implements CacheSink {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #loader: FleetLoader;
  readonly #syncs: SyncTracker;
  readonly #polling: FailureBackoff;
  readonly #observations = new ObservationOverlay();
  readonly #transitions = new Transitions();
  readonly #readSet = new WeakMap<Snapshot, ReadSet>();

  /**
   * @param callsSoFar returns the calls that reads have made, to count the calls of each sync
   */
  constructor(reader: FleetReader, clock: Clock, callsSoFar: () => readonly CallCount[] = () => []) {
    this.#reader = reader;
    this.#clock = clock;
    this.#syncs = new SyncTracker(clock, callsSoFar);
    this.#loader = new FleetLoader(reader, clock, this, this.#syncs);
    this.#polling = new FailureBackoff(clock);
  }

  /**
   * Returns a snapshot with everything in `requirements`, requested within the last `interval` milliseconds and not before `notBefore`.
   * Reads associations in transition more often. Never rejects for failed reads; they are in the `failures` of the snapshot.
   *
   * @param wait waits for the reads. If it rejects, the result does too, and the reads continue for others.
   */
  read(
    requirements: ReadRequirements,
    interval: number,
    notBefore = new Date(0),
    wait: WaitForReads | undefined = waitDirectly,
  ): Promise<Snapshot> {
    return this.#syncs.run(() => this.#read(requirements, interval, notBefore, wait));
  }

  /** Statistics of the last sync that called AWS. Undefined before the first one. */
  get lastInventory(): SyncStats | undefined {
    return this.#syncs.last;
  }

  /** Query plan of the current or last sync, even if it called AWS for nothing. Undefined before the first plan. */
  get queries(): QueryPlan | undefined {
    return this.#syncs.queries;
  }

  /** Expected number of calls until the current sync ends. 0 if there is none. */
  get remainingCalls(): number {
    return this.#syncs.remainingCalls;
  }

  /** Returns the numbers of listed WorkSpaces and applications. */
  sizes(): { readonly workspaces: number; readonly applications: number } {
    return this.#loader.sizes();
  }

  /** Time of the last request for a listing of WorkSpaces. Undefined before the first listing. */
  get listedAt(): Date | undefined {
    return this.#loader.listedAt;
  }

  async #read(
    requirements: ReadRequirements,
    interval: number,
    notBefore: Date,
    wait: WaitForReads,
  ): Promise<Snapshot> {
    const now = this.#clock.now().getTime();
    const since = Math.max(now - interval + 1, notBefore.getTime());
    const listings = await this.#loader.read(requirements, since, interval, notBefore.getTime(), wait);
    this.#loader.prune();
    this.#observations.prune(now);
    await yieldToEventLoop(this.#clock);
    const readSet = await this.#readDetails(listings, wait);
    await yieldToEventLoop(this.#clock);
    const snapshot = this.#snapshotOf(readSet);
    await yieldToEventLoop(this.#clock);
    const { refreshDueAt = Number.POSITIVE_INFINITY } = snapshot;
    if (snapshot.failures.length > 0 || refreshDueAt > this.#clock.now().getTime()) {
      return snapshot;
    }
    return this.#snapshotOf(await wait(() => this.#poll(snapshot, readSet)));
  }

  /** Returns the snapshot with all observations since it was taken. Makes no calls. */
  withLatest(snapshot: Snapshot): Snapshot {
    const readSet = this.#readSet.get(snapshot);
    return readSet === undefined ? snapshot : this.#snapshotOf(readSet);
  }

  /** Reads single WorkSpaces again. If a read fails, the last known values remain. */
  async refresh(
    { associationsOf = [], stateOf = [], connectionOf = [], tagsOf = [] }: RefreshRequest,
    wait: WaitForReads | undefined = waitDirectly,
  ): Promise<void> {
    const source: ReadThroughCache = { fleet: this.#reader, inventory: this, clock: this.#clock };
    await wait(() =>
      this.#polling.run(() =>
        Promise.all([
          ...associationsOf.map((id) => readAssociations(id, source)),
          readWorkspaces(stateOf, source),
          readConnections(connectionOf, source),
          ...tagsOf.map((id) => readTags(id, source)),
        ]),
      ),
    );
  }

  /**
   * Reads the tags of WorkSpaces that were not read since `since`. Returns whether it read any. If a read fails, the last known tags remain.
   *
   * @param since minimum time of the reads, in milliseconds since the epoch
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isListingOnly whether to read the tags only if a listing takes fewer calls than single reads
   */
  async refreshTags(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    isListingOnly = false,
    wait: WaitForReads | undefined = waitDirectly,
  ): Promise<boolean> {
    const isOld = (id: string) => (this.#observations.tagsSeenAt(id) ?? -1) < since;
    const old = workspaceIDs.filter(isOld);
    if (old.length > 0) {
      await wait(() =>
        this.#polling.run(async () => {
          const [failed] = await this.#loader.readDetails(old, [], since, fleetSize, isListingOnly);
          if (failed !== undefined) {
            throw failed;
          }
        }),
      );
    }
    return old.some((id) => !isOld(id));
  }

  /** Returns the time of the last read of a WorkSpace's connection, in milliseconds since the epoch. Undefined if it was never read. */
  connectionSeenAt(workspaceID: string): number | undefined {
    return this.#observations.connectionSeenAt(workspaceID);
  }

  /** Restores which operation failed on an association, as known by an earlier process. */
  rememberFailed(operation: ChangeOperation, association: Association): void {
    this.#transitions.rememberFailed(operation, association, this.#clock.now().getTime());
  }

  /** Records all associations of a WorkSpace, requested at `askedAt`. */
  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void {
    this.#observations.associations(workspaceID, associations, askedAt.getTime());
  }

  /** Records an association after a change. */
  observeAssociation(association: Association): void {
    this.#observations.association(association, this.#clock.now().getTime());
  }

  /** Records a WorkSpace, requested at `askedAt`. Undefined if it doesn't exist. */
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void {
    this.#observations.workspace(workspaceID, workspace, askedAt.getTime());
  }

  /** Records the tags of a WorkSpace, requested at `askedAt`. */
  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void {
    this.#observations.tags(workspaceID, tags, askedAt.getTime());
  }

  /** Records the connection of a WorkSpace, requested at `askedAt`. */
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void {
    this.#observations.connection(connection, askedAt.getTime());
  }

  /** Records that a read failed for a WorkSpace alone. */
  observeFailure(read: SingleRead, workspaceID: string, error: FleetError, askedAt: Date): void {
    this.#observations.failure(read, workspaceID, error, askedAt.getTime());
  }

  /** Returns the failure of the last read of a WorkSpace, or undefined if it succeeded. */
  failureOf(read: SingleRead, workspaceID: string): SingleFailure | undefined {
    return this.#observations.failuresOf(read).get(workspaceID);
  }

  /** Reads the tags and connections that the requirements need and that were not observed since `since`. */
  async #readDetails(readSet: ReadSet, wait: WaitForReads): Promise<ReadSet> {
    const { since, failures } = readSet;
    if (failures.length > 0) {
      return readSet;
    }
    // Only the IDs are kept during the wait, because a thousand policies can wait at the same time.
    const { tagsOf, connectionOf, fleetSize } = this.#oldDetails(readSet);
    const failed = await wait(() => this.#loader.readDetails(tagsOf, connectionOf, since, fleetSize));
    return failed.length === 0 ? readSet : { ...readSet, failures: failed };
  }

  #oldDetails(readSet: ReadSet) {
    const { requirements, since } = readSet;
    const snapshot = this.#snapshotOf(readSet);
    const { tagsOf, connectionOf } = requirements.details(snapshot);
    return {
      tagsOf: tagsOf.filter((id) => (this.#observations.tagsSeenAt(id) ?? -1) < since),
      connectionOf: connectionOf.filter((id) => (this.#observations.connectionSeenAt(id) ?? -1) < since),
      fleetSize: snapshot.workspaces.size,
    };
  }

  #snapshotOf(readSet: ReadSet): Snapshot {
    const { workspaces: listed, alsoRead, applications, associations: listings, askedAt, failures } = readSet;
    const associations = this.#observations.mergeAssociations(listings, readSet.since);
    const now = this.#clock.now().getTime();
    for (const byApplication of associations.values()) {
      for (const association of byApplication.values()) {
        this.#transitions.observe(association, now, () => this.#readAt(association, readSet));
      }
    }
    this.#transitions.retain(
      ({ workspaceID, applicationID }) =>
        !listings.has(applicationID) || (associations.get(workspaceID)?.has(applicationID) ?? false),
    );
    const contents = {
      workspaces: this.#observations.mergeWorkspaces(listed, alsoRead),
      applications: new Map(
        applications.flatMap(({ value }) => value).map((application) => [application.applicationID, application]),
      ),
      associations,
    };
    const snapshot: Snapshot = {
      ...contents,
      askedAt,
      listedAt: listed.map((listing) => listing.askedAt).reduce((a, b) => Math.min(a, b), now),
      refreshDueAt: this.#refreshDueAt(contents, readSet, now),
      gaps: gapsIn(readSet, contents.workspaces, (read) => this.#observations.failuresOf(read)),
      failedOperation: (association) => this.#transitions.failedOperation(association),
      failures,
    };
    this.#readSet.set(snapshot, readSet);
    return snapshot;
  }

  /** Returns the time of the last request whose response contained an association, in milliseconds since the epoch. */
  #readAt(association: Association, { associations }: ReadSet): number {
    const listedAt = associations.get(association.applicationID)?.askedAt ?? 0;
    return Math.max(this.#observations.seenAt(association) ?? 0, listedAt);
  }

  #refreshDueAt(contents: SnapshotContents, readSet: ReadSet, now: number): number | undefined {
    const transitioning = transitioningIn(contents, readSet.requirements);
    const { calls } = planPolling(transitioning, listingSizes(readSet));
    const dueTimes = transitioning.map((association) => {
      const seenAt = this.#readAt(association, readSet);
      return seenAt + refreshDelay(now - (this.#transitions.since(association) ?? now), readSet.interval, calls);
    });
    const first = dueTimes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return dueTimes.length === 0 ? undefined : Math.max(first, this.#polling.endsAt);
  }

  /** Reads associations in transition again. If a read fails, the last known values remain; they are recent enough for a decision. */
  async #poll(snapshot: Snapshot, readSet: ReadSet): Promise<ReadSet> {
    const { applicationIDs, workspaceIDs, stateOf } = planPolling(
      transitioningIn(snapshot, readSet.requirements),
      listingSizes(readSet),
    );
    const since = this.#clock.now().getTime();
    const associations = new Map(readSet.associations);
    await this.refresh({ associationsOf: workspaceIDs, stateOf });
    await this.#polling.run(async () => {
      for (const applicationID of applicationIDs) {
        const listing = await this.#loader.associationsOf(applicationID, since);
        if (listing instanceof FleetError) {
          throw listing;
        }
        associations.set(applicationID, listing);
      }
    });
    return { ...readSet, associations };
  }
}

type SnapshotContents = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** Returns the associations in transition on known WorkSpaces that the requirements poll. */
function transitioningIn(
  { workspaces, applications, associations }: SnapshotContents,
  requirements: ReadRequirements,
): Association[] {
  return [...associations]
    .filter(([workspaceID]) => workspaces.has(workspaceID))
    .flatMap(([, byApplication]) => [...byApplication.values()].filter(isTransitioning))
    .filter(({ applicationID }) => requirements.polls(applications.get(applicationID) ?? { applicationID }));
}

/** Returns a function that returns the number of associations in the listing of an application, or Infinity if it was not listed. */
function listingSizes({ associations }: ReadSet): (applicationID: string) => number {
  return (applicationID) => associations.get(applicationID)?.value.length ?? Number.POSITIVE_INFINITY;
}
