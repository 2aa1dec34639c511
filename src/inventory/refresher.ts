import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';
import { mayAwaitDeployment } from '../fleet/states.ts';
import { FailureBackoff } from './failureBackoff.ts';
import type { FleetLoader } from './fleetLoader.ts';
import type { Listing, ObservationOverlay } from './observationOverlay.ts';
import { planPolling } from './polling.ts';
import type { CacheSink } from './readThrough.ts';
import { type ReadThroughCache, readAssociations, readTags } from './readThrough.ts';
import type { RecentReads } from './recentReads.ts';

/** IDs of single WorkSpaces to read again, by what to read. */
export interface RefreshRequest {
  readonly associationsOf?: readonly string[];
  readonly stateOf?: readonly string[];
  readonly connectionOf?: readonly string[];
  readonly tagsOf?: readonly string[];
  /** Request time from which a read by any policy suffices, in milliseconds since the epoch. Defaults to now. */
  readonly since?: number;
}

export interface RefresherOptions {
  readonly reader: FleetReader;
  readonly clock: Clock;
  readonly inventory: CacheSink;
  readonly observations: ObservationOverlay;
  readonly loader: FleetLoader;
  readonly recent: RecentReads;
}

/** Reads parts of a fleet again. If a read fails, the last known values remain, and the next reads wait. */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #backoff: FailureBackoff;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#backoff = new FailureBackoff(options.clock);
  }

  /** End of the delay after failed reads, in milliseconds since the epoch. */
  get endsAt(): number {
    return this.#backoff.endsAt;
  }

  /** Reads single WorkSpaces again, except those that were read at `since` or later. */
  async refresh({
    associationsOf = [],
    stateOf = [],
    connectionOf = [],
    tagsOf = [],
    since = Number.POSITIVE_INFINITY,
  }: RefreshRequest): Promise<void> {
    const { observations, recent } = this.#options;
    const source = this.#source;
    const isOld = (seenAt: number | undefined) => seenAt === undefined || seenAt < since;
    await this.#backoff.run(() =>
      Promise.all([
        this.#refreshAssociations(associationsOf.filter((id) => isOld(observations.associations.allSeenAt(id)))),
        recent.readWorkspaces(
          stateOf.filter((id) => isOld(observations.workspaceSeenAt(id))),
          source,
        ),
        recent.readConnections(
          connectionOf.filter((id) => isOld(observations.connectionSeenAt(id))),
          source,
        ),
        this.#refreshTags(
          tagsOf.filter((id) => isOld(observations.tagsSeenAt(id))),
          this.#options.clock.now().getTime(),
          Number.POSITIVE_INFINITY,
          false,
        ),
      ]),
    );
  }

  /**
   * Reads single WorkSpaces now: first their states, and then the rest of those that exist. Rejects with a FleetError if a read failed, after
   * all of them ended.
   *
   * @param fleet reader with the priority of the reads
   */
  async readNow(
    { associationsOf = [], stateOf = [], connectionOf = [], tagsOf = [] }: RefreshRequest,
    fleet: FleetReader,
  ): Promise<void> {
    const { inventory, observations, recent, clock } = this.#options;
    const source = { fleet, inventory, clock };
    const askedAt = clock.now();
    await recent.readWorkspaces(stateOf, source);
    const isMissing = (id: string) => stateOf.includes(id) && observations.isMissing(id);
    for (const id of associationsOf.filter(isMissing)) {
      inventory.observeAssociations(id, [], askedAt);
    }
    const results = await Promise.allSettled([
      ...associationsOf.filter((id) => !isMissing(id)).map((id) => readAssociations(id, source)),
      ...tagsOf.filter((id) => !isMissing(id)).map((id) => readTags(id, source)),
      recent.readConnections(connectionOf, source),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') {
        throw result.reason;
      }
    }
  }

  /**
   * Reads the tags of WorkSpaces that were not read since `since`. Returns whether it read any.
   *
   * @param since minimum time of the reads, in milliseconds since the epoch
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isBatchOnly whether to read the tags only if that takes fewer calls than WorkSpaces
   */
  async refreshTags(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    isBatchOnly: boolean,
  ): Promise<boolean> {
    const isOld = (id: string) => (this.#options.observations.tagsSeenAt(id) ?? -1) < since;
    const old = workspaceIDs.filter(isOld);
    if (old.length > 0) {
      await this.#backoff.run(() => this.#refreshTags(old, since, fleetSize, isBatchOnly));
    }
    return old.some((id) => !isOld(id));
  }

  /** Reads associations in transition again. Returns the new listings by application. */
  async poll(
    transitioning: readonly Association[],
    listingSize: (applicationID: string) => number,
  ): Promise<ReadonlyMap<string, Listing<Association>>> {
    const { applicationIDs, workspaceIDs, stateOf } = planPolling(transitioning, listingSize);
    const since = this.#options.clock.now().getTime();
    const listings = new Map<string, Listing<Association>>();
    await this.#backoff.run(() =>
      Promise.all([
        ...workspaceIDs.map((id) => readAssociations(id, this.#source)),
        this.#options.recent.readWorkspaces(stateOf, this.#source),
      ]),
    );
    await this.#backoff.run(async () => {
      for (const applicationID of applicationIDs) {
        listings.set(applicationID, await this.#list(applicationID, since));
      }
    });
    return listings;
  }

  get #source(): ReadThroughCache {
    const { reader: fleet, inventory, clock } = this.#options;
    return { fleet, inventory, clock };
  }

  async #refreshTags(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    isBatchOnly: boolean,
  ): Promise<void> {
    const [failed] = await this.#options.loader.readDetails(workspaceIDs, [], since, fleetSize, isBatchOnly);
    if (failed !== undefined) {
      throw failed;
    }
  }

  /**
   * Reads the pending changes of WorkSpaces: in a listing of the application, if several WorkSpaces wait for a change of the same one, or
   * else WorkSpace by WorkSpace.
   */
  async #refreshAssociations(workspaceIDs: readonly string[]): Promise<void> {
    const { observations, loader, clock } = this.#options;
    const pending = workspaceIDs.flatMap((id) => observations.associations.of(id).filter(mayAwaitDeployment));
    // A listing of unknown size counts as one page, as for a query plan.
    const { applicationIDs } = planPolling(pending, (id) => loader.listingSize(id) ?? 1);
    const listed = new Set(applicationIDs);
    const [inListings, singly] = [new Set<string>(), [] as string[]];
    for (const id of workspaceIDs) {
      const own = observations.associations.of(id).filter(mayAwaitDeployment);
      const isCovered = own.length > 0 && own.every(({ applicationID }) => listed.has(applicationID));
      isCovered && workspaceIDs.length > 1 ? inListings.add(id) : singly.push(id);
    }
    const since = clock.now().getTime();
    const needed = new Set(
      pending.flatMap(({ workspaceID, applicationID }) => (inListings.has(workspaceID) ? [applicationID] : [])),
    );
    await Promise.all([
      ...singly.map((id) => readAssociations(id, this.#source)),
      ...[...needed].map(async (applicationID) => {
        const { askedAt, value } = await this.#list(applicationID, since);
        const current = new Map(value.map((association) => [association.workspaceID, association]));
        for (const { workspaceID } of pending.filter((one) => one.applicationID === applicationID)) {
          const removed = { workspaceID, applicationID, state: 'REMOVED' } as const;
          observations.associations.record(current.get(workspaceID) ?? removed, askedAt);
        }
      }),
    ]);
  }

  async #list(applicationID: string, since: number): Promise<Listing<Association>> {
    const listing = await this.#options.loader.associationsOf(applicationID, since);
    if (listing instanceof FleetError) {
      throw listing;
    }
    return listing;
  }
}
