import { type Clock, yieldToEventLoop } from '../clock.ts';
import type { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';
import { completeInSlices, type Sliced } from '../slices.ts';
import { AnnouncedReads } from './announcedReads.ts';
import { FleetLoader } from './fleetLoader.ts';
import { HoldReads } from './holdReads.ts';
import { ObservationOverlay } from './observationOverlay.ts';
import { OngoingReads, type ReadApart } from './ongoingReads.ts';
import { type PollPace, pollPace } from './polling.ts';
import type { QueryPlan } from './queryPlan.ts';
import { DOCUMENTED_CALLS_PER_SECOND } from './readBudget.ts';
import type { ReadOptions } from './readPlanner.ts';
import type { ReadRequirements } from './readRequirements.ts';
import type { ReadSet } from './readSet.ts';
import type { CacheSink, SingleFailure, SingleRead } from './readThrough.ts';
import { RecentReads } from './recentReads.ts';
import { Refresher, type RefreshRequest } from './refresher.ts';
import type { Snapshot } from './snapshot.ts';
import { listingSizes, SnapshotBuilder, transitioningIn } from './snapshotBuilder.ts';
import { type CallCount, type SyncStats, SyncTracker } from './syncTracker.ts';
import { type ChangeOperation, Transitions } from './transitions.ts';
import { type WaitForReads, waitDirectly } from './waitForReads.ts';

interface WaitOptions {
  /** Waits for the reads. If it rejects, the result does too, and the reads continue for others. */
  readonly wait?: WaitForReads | undefined;
}

interface InventoryReadOptions
  extends WaitOptions,
    Partial<Pick<ReadOptions, 'isRollingOut' | 'followsEvents' | 'recorded' | 'peers'>> {}

interface RefreshTagsOptions extends WaitOptions {
  /** Whether to read the tags only if that takes fewer calls than WorkSpaces. */
  readonly isBatchOnly?: boolean;
}

export interface InventoryOptions {
  /** Returns the calls that reads have made, to count the calls of each sync. Defaults to none. */
  readonly callsSoFar?: () => readonly CallCount[];
  /** Returns the rate limit of the fleet. Defaults to the limit that AWS documents. */
  readonly callsPerSecond?: () => number;
  /** Returns the average rate of reads in the background, in calls per second. Defaults to 0. */
  readonly background?: () => number;
  /** Returns the interval of listings while events announce changes, in milliseconds. Defaults to the intervals of the policies. */
  readonly resyncInterval?: () => number | undefined;
  /** Makes reads that wait for tokens apart from the reads of runs, so that runs don't wait behind them. Defaults to the same flow. */
  readonly apart?: ReadApart;
}

/**
 * Cache of a fleet, shared by all policies: they share listings, and all of them immediately see the result of a change.
 */
export class Inventory implements CacheSink {
  readonly #clock: Clock;
  readonly #loader: FleetLoader;
  readonly #syncs: SyncTracker;
  readonly #callsPerSecond: () => number;
  readonly #resyncInterval: () => number | undefined;
  readonly #refresher: Refresher;
  readonly #observations = new ObservationOverlay();
  readonly #transitions = new Transitions();
  readonly #snapshots: SnapshotBuilder;
  readonly #readSet = new WeakMap<Snapshot, ReadSet>();
  readonly #ongoing: OngoingReads;
  /** Reads of WorkSpaces right before their changes. */
  readonly recent: RecentReads;
  /** Reads of WorkSpaces that events announce. */
  readonly announced: AnnouncedReads;
  /** Reads of WorkSpaces whose changes are on hold. */
  readonly holds: HoldReads;

  constructor(
    reader: FleetReader,
    clock: Clock,
    {
      callsSoFar = () => [],
      callsPerSecond = () => DOCUMENTED_CALLS_PER_SECOND,
      background = () => 0,
      resyncInterval = () => undefined,
      apart = (reads) => reads(),
    }: InventoryOptions = {},
  ) {
    this.#ongoing = new OngoingReads(apart);
    this.#clock = clock;
    this.#callsPerSecond = callsPerSecond;
    this.#resyncInterval = resyncInterval;
    this.#syncs = new SyncTracker(clock, callsSoFar);
    this.#loader = new FleetLoader(reader, clock, this, this.#syncs, { limit: callsPerSecond, background });
    this.recent = new RecentReads(clock, this.#loader.tags);
    this.#snapshots = new SnapshotBuilder(clock, this.#observations, this.#transitions);
    this.#refresher = new Refresher({
      reader,
      clock,
      inventory: this,
      observations: this.#observations,
      loader: this.#loader,
      recent: this.recent,
    });
    this.holds = new HoldReads(this.#refresher, this.#ongoing);
    this.announced = new AnnouncedReads({
      clock,
      observations: this.#observations,
      loader: this.#loader,
      refresher: this.#refresher,
    });
  }

  /**
   * Returns a snapshot with everything in `requirements`, requested within the last `interval` milliseconds, or longer ago if reading takes
   * many calls. Reads associations in transition more often. Never rejects for failed reads; they are in the `failures` of the snapshot.
   *
   * @param notBefore earliest time of the reads
   */
  read(
    requirements: ReadRequirements,
    interval: number,
    notBefore = new Date(0),
    {
      isRollingOut = false,
      followsEvents = false,
      recorded,
      peers = [],
      wait = waitDirectly,
    }: InventoryReadOptions = {},
  ): Promise<Snapshot> {
    const resyncInterval = this.#resyncInterval();
    const age = { interval, notBefore: notBefore.getTime(), resyncInterval, isRollingOut, followsEvents };
    const options = { ...age, recorded, peers, wait };
    return this.#syncs.run(() => this.#read(requirements, options));
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

  /** Returns the numbers of listed WorkSpaces and applications. The number of WorkSpaces is undefined before the first listing. */
  sizes(): { readonly workspaces: number | undefined; readonly applications: number } {
    return this.#loader.sizes();
  }

  /** Time of the last request for a listing of WorkSpaces. Undefined before the first listing. */
  get listedAt(): Date | undefined {
    return this.#loader.listedAt;
  }

  async #read(requirements: ReadRequirements, options: ReadOptions): Promise<Snapshot> {
    const listings = await this.#loader.read(requirements, options, this.#observations.announced());
    const now = this.#clock.now().getTime();
    this.#loader.prune();
    this.#observations.prune(now);
    await yieldToEventLoop(this.#clock);
    const readSet = await this.#readDetails(listings, options.wait);
    await yieldToEventLoop(this.#clock);
    const snapshot = await this.#snapshotOf(readSet);
    await yieldToEventLoop(this.#clock);
    if (requirements.policyKey !== undefined && snapshot.failures.length === 0) {
      this.announced.recordComplete(requirements.policyKey, Math.min(snapshot.askedAt, snapshot.listedAt));
    }
    const { refreshDueAt = Number.POSITIVE_INFINITY } = snapshot;
    if (snapshot.failures.length > 0 || refreshDueAt > this.#clock.now().getTime()) {
      return snapshot;
    }
    const transitioning = await completeInSlices(transitioningIn(snapshot, readSet.requirements), this.#clock);
    const poll = () => this.#refresher.poll(transitioning, listingSizes(readSet));
    const polling = this.#ongoing.share(`transitions of ${requirements.policyKey}`, poll);
    // A run that acts on events doesn't wait for the end of other changes. The next run uses these reads.
    return options.followsEvents ? snapshot : this.#withPolled(polling, readSet, options.wait);
  }

  /** Returns the snapshot with all observations since it was taken. Makes no calls. */
  async withLatest(snapshot: Snapshot): Promise<Snapshot> {
    const readSet = this.#readSet.get(snapshot);
    return readSet === undefined ? snapshot : await this.#snapshotOf(readSet);
  }

  /** Reads single WorkSpaces again. If a read fails, the last known values remain. */
  refresh(request: RefreshRequest, wait: WaitForReads | undefined = waitDirectly): Promise<void> {
    return wait(() => this.#refresher.refresh(request));
  }

  /**
   * Reads the tags of WorkSpaces that were not read since `since`. Returns whether it read any. If a read fails, the last known tags remain.
   *
   * @param since minimum time of the reads, in milliseconds since the epoch
   * @param fleetSize number of WorkSpaces in the fleet
   */
  refreshTags(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    { isBatchOnly = false, wait = waitDirectly }: RefreshTagsOptions = {},
  ): Promise<boolean> {
    return wait(() => this.#refresher.refreshTags(workspaceIDs, since, fleetSize, isBatchOnly));
  }

  /** Pace of reads that follow changes and holds. */
  get pace(): PollPace {
    return pollPace(this.#callsPerSecond(), this.#loader.tags.pageSize);
  }

  /** Returns the connection of a WorkSpace if it was read at `since` (milliseconds since the epoch) or later. */
  connectionSince(workspaceID: string, since: number): WorkspaceConnection | undefined {
    return this.#observations.connectionSince(workspaceID, since);
  }

  /** Restores which operation failed on an association, as known by an earlier process. */
  rememberFailed(operation: ChangeOperation, association: Association): void {
    this.#transitions.rememberFailed(operation, association, this.#clock.now().getTime());
  }

  /** Records all associations of a WorkSpace, requested at `askedAt`. */
  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void {
    this.#observations.recordAssociations(workspaceID, associations, askedAt.getTime());
  }

  /** Records an association after a change. */
  observeAssociation(association: Association): void {
    this.#observations.associations.record(association, this.#clock.now().getTime());
  }

  /** Records a WorkSpace, requested at `askedAt`. Undefined if it doesn't exist. */
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void {
    this.recent.forgetWorkspace(workspaceID);
    this.#observations.workspace(workspaceID, workspace, askedAt.getTime());
  }

  /** Records the tags of a WorkSpace, requested at `askedAt`. */
  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void {
    this.recent.forgetTags(workspaceID);
    this.#observations.tags(workspaceID, tags, askedAt.getTime());
  }

  recordTagListing(): void {
    this.recent.recordTagListing();
  }

  /** Records the connection of a WorkSpace, requested at `askedAt`. */
  observeConnection(connection: WorkspaceConnection, askedAt: Date): void {
    this.recent.forgetConnection(connection.workspaceID);
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
    const { tagsOf, connectionOf, fleetSize } = await completeInSlices(this.#oldDetails(readSet), this.#clock);
    const failed = await wait(() => this.#loader.readDetails(tagsOf, connectionOf, since, fleetSize));
    return failed.length === 0 ? readSet : { ...readSet, failures: failed };
  }

  *#oldDetails(readSet: ReadSet) {
    const { requirements, since } = readSet;
    const snapshot = yield* this.#merge(readSet);
    const { tagsOf, connectionOf } = yield* requirements.details(snapshot);
    return {
      tagsOf: tagsOf.filter((id) => (this.#observations.tagsSeenAt(id) ?? -1) < since),
      connectionOf: connectionOf.filter((id) => (this.#observations.connectionSeenAt(id) ?? -1) < since),
      fleetSize: snapshot.workspaces.size,
    };
  }

  #snapshotOf(readSet: ReadSet): Promise<Snapshot> {
    return completeInSlices(this.#merge(readSet), this.#clock);
  }

  *#merge(readSet: ReadSet): Sliced<Snapshot> {
    const snapshot = yield* this.#snapshots.build(readSet, this.pace, this.#refresher.endsAt);
    this.#readSet.set(snapshot, readSet);
    return snapshot;
  }

  /** Waits for reads of associations in transition. If one fails, the last known values remain; they are recent enough for a decision. */
  async #withPolled(polling: ReturnType<Refresher['poll']>, readSet: ReadSet, wait: WaitForReads): Promise<Snapshot> {
    const listings = await wait(() => polling);
    // An earlier run can have started the reads, before a listing of this run.
    const isNewer = (id: string, askedAt: number) =>
      askedAt > (readSet.associations.get(id)?.askedAt ?? Number.POSITIVE_INFINITY);
    const newer = [...listings].filter(([id, { askedAt }]) => isNewer(id, askedAt));
    return await this.#snapshotOf({ ...readSet, associations: new Map([...readSet.associations, ...newer]) });
  }
}
