import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { type FleetReader, PAGE_SIZE } from '../fleet/ports.ts';
import { completeInSlices, type Sliced } from '../slices.ts';
import { type Freshness, validUntil } from './freshness.ts';
import { ListCache } from './listCache.ts';
import type { ListedChanges } from './listedChanges.ts';
import { APPLICATION_ASSOCIATIONS, APPLICATIONS, associationsName, stateName, WORKSPACES } from './listingNames.ts';
import type { AnnouncedWorkspace, Listing } from './observationOverlay.ts';
import { pagesFor } from './queryPlan.ts';
import type { ReadRates } from './readBudget.ts';
import { type ReadOptions, ReadPlanner } from './readPlanner.ts';
import type { ReadRequirements } from './readRequirements.ts';
import { announcedIn, applicationsIn, associatedIn, candidatesIn, unlistedIn } from './readScope.ts';
import type { ReadSet } from './readSet.ts';
import { type CacheSink, type ReadThroughCache, readConnections } from './readThrough.ts';
import { SingleReads } from './singleReads.ts';
import type { SyncTracker } from './syncTracker.ts';
import { TagListing } from './tagListing.ts';
import { rejectedIn, WorkspaceListings } from './workspaceListings.ts';

/** Maximum age of the list of applications. It shows which removals can't be undone, so it must be recent. */
const MAX_APPLICATIONS_AGE_MS = 10 * 60_000;
/** Maximum age of a listing of all WorkSpaces if WorkSpaces with a matching application are read again. */
const MAX_WORKSPACES_AGE_MS = 60 * 60_000;
/** Reads what policies need to know of a fleet. Shares the reads between policies, and uses as few calls as possible. */
export class FleetLoader {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: ListCache;
  readonly #workspaces: WorkspaceListings;
  readonly #singleReads: SingleReads;
  readonly #planner: ReadPlanner;
  readonly #source: ReadThroughCache;
  readonly #syncs: SyncTracker;
  /** Reads of tags. */
  readonly tags: TagListing;
  /** Receives listings of associations that replace others. Undefined if nothing depends on them. */
  listedChanges: ListedChanges | undefined;

  /**
   * @param sink receives the results of reads of single WorkSpaces
   */
  constructor(reader: FleetReader, clock: Clock, sink: CacheSink, syncs: SyncTracker, rates: ReadRates) {
    this.#reader = reader;
    this.#syncs = syncs;
    this.#clock = clock;
    this.#listings = new ListCache(clock);
    this.#source = { fleet: reader, inventory: sink, clock };
    this.#workspaces = new WorkspaceListings(reader, clock, this.#listings);
    this.#singleReads = new SingleReads(clock, this.#listings, this.#source);
    this.#planner = new ReadPlanner(this.#listings, this.#workspaces, rates);
    this.tags = new TagListing(this.#listings, this.#source, clock);
  }

  /** Removes listings that have not been needed for a long time. */
  prune(): void {
    this.#listings.prune();
  }

  /** Removes listings that were requested before a time, in milliseconds since the epoch. */
  discardBefore(time: number): void {
    this.#listings.discardBefore(time);
  }

  /** Returns the numbers of listed WorkSpaces and applications. The number of WorkSpaces is undefined before the first listing. */
  sizes(): { readonly workspaces: number | undefined; readonly applications: number } {
    const listed = this.#listings.lastOf<Workspace>(WORKSPACES);
    const [listing] = this.#listings.lastOf<Application>(APPLICATIONS);
    return {
      workspaces:
        listed.length === 0
          ? undefined
          : new Set(listed.flatMap(({ value }) => value.map(({ workspaceID }) => workspaceID))).size,
      applications: listing?.value.length ?? 0,
    };
  }

  /** Time of the last request for a listing of WorkSpaces. Undefined before the first listing. */
  get listedAt(): Date | undefined {
    const times = this.#listings.lastOf<Workspace>(WORKSPACES).map(({ askedAt }) => askedAt);
    return times.length === 0 ? undefined : new Date(times.reduce((a, b) => Math.max(a, b), 0));
  }

  /** Returns the number of calls that renew all listings. Undefined before the first listing. */
  get listingCalls(): number | undefined {
    const listings = [
      ...this.#listings.lastOf<unknown>(WORKSPACES),
      ...this.#listings.lastOf<unknown>(APPLICATION_ASSOCIATIONS),
    ];
    return listings.length === 0
      ? undefined
      : listings.map(({ value }) => pagesFor(value.length)).reduce((sum, calls) => sum + calls, 0);
  }

  /** Returns the last listings of WorkSpaces. */
  get workspaceListings(): readonly Listing<Workspace>[] {
    return this.#listings.lastOf<Workspace>(WORKSPACES);
  }

  /**
   * Reads everything in `requirements`. Failed reads are in the result.
   *
   * @param announced WorkSpaces that events announced, which can be newer than the listings
   */
  async read(
    requirements: ReadRequirements,
    options: ReadOptions,
    announced: readonly AnnouncedWorkspace[] = [],
  ): Promise<ReadSet> {
    const failures: FleetError[] = [];
    const takeListings = <T>(results: readonly (Listing<T> | FleetError)[]): Listing<T>[] => {
      failures.push(...results.filter((result) => result instanceof FleetError));
      return withoutErrors(results);
    };
    const { wait } = options;
    const isResynced = options.resyncInterval !== undefined;
    const inSlices = <T>(sliced: Sliced<T>) => completeInSlices(sliced, this.#clock);
    const now = this.#clock.now().getTime();
    const freshness = await inSlices(this.#planner.freshnessFor(requirements, options, now));
    const { since, notBefore, renewBefore = since, interval } = freshness;
    const isHourly = !requirements.everyWorkspace;
    const hourAgo = Math.max(notBefore, now - MAX_WORKSPACES_AGE_MS + 1);
    const ofListing = isHourly
      ? {
          ...freshness,
          renewBefore: Math.min(renewBefore, hourAgo),
          interval: Math.max(interval, MAX_WORKSPACES_AGE_MS),
        }
      : freshness;
    const hourly = { ...ofListing, since: Math.min(since, hourAgo) };
    const due = this.#planner.joint.due(requirements, options.peers, now);
    // A run that follows events doesn't wait for the renewal of the list.
    const maxApplicationsAge = options.followsEvents ? 2 * MAX_APPLICATIONS_AGE_MS : MAX_APPLICATIONS_AGE_MS;
    const ofApplications = {
      ...freshness,
      since: Math.max(since, now - maxApplicationsAge),
      renewBefore: Math.max(renewBefore, now - MAX_APPLICATIONS_AGE_MS),
    };
    const applicationsResult = await wait(() =>
      this.#listings.get(APPLICATIONS, ofApplications, () => this.#reader.describeApplications({})),
    );
    const applications = takeListings([applicationsResult]);
    const joint = await inSlices(this.#planner.joint.demand(due, applications));
    // A run that follows events doesn't wait for reads that only others need.
    const others = options.followsEvents ? [] : joint.workspaceIDs;
    const recorded = this.#planner.usableRecord(requirements, options.recorded, now);
    const queries = recorded === undefined ? requirements.workspaces : [];
    const knownWorkspaces = await wait(() => this.#workspaces.list(queries, isHourly ? hourly : ofListing, others));
    const applicationIDs = applicationsIn(applications, requirements);
    const known = { requirements, applicationIDs, workspaces: withoutErrors(knownWorkspaces) };
    const plan = await inSlices(this.#planner.plan(known, joint, freshness, recorded));
    const readNow = [...applications, ...known.workspaces].filter(({ askedAt }) => askedAt >= now);
    this.#syncs.recordPlan({
      workspaces: plan.workspaces,
      associations: plan.associations,
      calls: plan.calls + readNow.map(({ value }) => pagesFor(value.length)).reduce((sum, calls) => sum + calls, 0),
    });
    if (plan.alsoForOthers.length > 0) {
      await wait(() => this.#workspaces.list([{ workspaceIDs: plan.alsoForOthers }], freshness));
    }
    const [workspaces, byApplication] = await wait(() =>
      Promise.all([
        plan.workspaces === 'ListAll' ? this.#workspaces.list(queries, ofListing, others) : knownWorkspaces,
        plan.associations === 'ByApplication' ? this.#listAssociations(applicationIDs, freshness) : [],
      ]),
    );
    const rejected = rejectedIn(queries, workspaces);
    const listings = takeListings(workspaces.filter((result) => !rejected.some(({ error }) => error === result)));
    const associations = byApplication.flatMap(([id, result]) =>
      takeListings([result]).map((listing) => [id, listing] as const),
    );
    const readByWorkspace =
      plan.associations === 'ByWorkspace' ? await inSlices(candidatesIn(listings, requirements)) : [];
    const associated =
      plan.workspaces === 'ListAll' ? [] : await inSlices(associatedIn(associations, listings, requirements));
    const alsoRead = [...new Set([...associated, ...unlistedIn(listings, requirements)])].sort();
    const failedReads = failures.concat(await wait(() => this.#singleReads.read(readByWorkspace, alsoRead, freshness)));
    // The reads have recorded their use with this interval, so the demand doesn't contain earlier, shorter ones.
    const effectiveInterval = this.#planner.effectiveInterval(interval);
    const renewed = [
      ...listings,
      ...applications,
      ...associations.map(([, listing]) => listing),
      ...[...readByWorkspace.map(associationsName), ...alsoRead.map(stateName)].map(
        (name) => this.#listings.last(name) ?? { askedAt: now, value: [] },
      ),
    ].filter((listing) => listing.askedAt >= since || validUntil(listing, effectiveInterval) > now);
    const newer = await inSlices(announcedIn(announced, listings, recorded === undefined ? queries : []));
    const askedAt = oldest(
      renewed.map((listing) => listing.askedAt),
      now,
    );
    this.#planner.joint.recordRead(requirements, askedAt);
    return {
      requirements,
      since: Math.min(since, askedAt),
      interval: options.interval,
      effectiveInterval,
      askedAt,
      renewAt: oldest(
        options.isRollingOut ? [] : renewed.map((listing) => validUntil(listing, effectiveInterval)),
        now + (isResynced ? options.interval : effectiveInterval),
      ),
      runInterval: isResynced ? options.interval : effectiveInterval,
      workspaces: listings,
      recorded,
      alsoRead: newer.length === 0 ? alsoRead : [...new Set([...alsoRead, ...newer])].sort(),
      readByWorkspace,
      rejected,
      applications,
      associations: new Map(associations),
      failures: failedReads.sort(compareBy(({ message }) => message)),
    };
  }

  /** Lists the associations of an application. An unknown application has none. */
  async associationsOf(
    applicationID: string,
    freshness: number | Freshness,
  ): Promise<Listing<Association> | FleetError> {
    const name = associationsName(applicationID);
    return this.#listings.get(name, freshness, async () => {
      const previous = this.#listings.last<Association>(name);
      const askedAt = this.#clock.now().getTime();
      try {
        const value = await this.#reader.describeApplicationAssociations(applicationID);
        if (previous !== undefined) {
          this.listedChanges?.add(applicationID, previous, { askedAt, value });
        }
        return value;
      } catch (error) {
        if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
          return [];
        }
        throw error;
      }
    });
  }

  /** Returns the number of associations in the last listing of an application. Undefined if it was not listed. */
  listingSize(applicationID: string): number | undefined {
    return this.#listings.last(associationsName(applicationID))?.value.length;
  }

  /**
   * Reads tags and connections. Returns the failed reads.
   *
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isBatchOnly whether to read tags only if that takes fewer calls than WorkSpaces
   */
  async readDetails(
    tagsOf: readonly string[],
    connectionOf: readonly string[],
    since: number,
    fleetSize: number,
    isBatchOnly = false,
  ): Promise<FleetError[]> {
    const failed = await Promise.all([
      this.tags.read(tagsOf, since, fleetSize, isBatchOnly),
      this.#listings.getEach('connection of', connectionOf, since, PAGE_SIZE, (ids) =>
        readConnections(ids, this.#source),
      ),
    ]);
    const failures = failed.flat().concat(this.#singleReads.failuresOfAll('tags', tagsOf));
    return failures.sort(compareBy(({ message }) => message));
  }

  #listAssociations(applicationIDs: readonly string[], freshness: Freshness) {
    return Promise.all(applicationIDs.map(async (id) => [id, await this.associationsOf(id, freshness)] as const));
  }
}

function oldest(times: readonly number[], limit: number): number {
  return times.reduce((a, b) => Math.min(a, b), limit);
}

function withoutErrors<T>(results: readonly (Listing<T> | FleetError)[]): Listing<T>[] {
  return results.flatMap((result) => (result instanceof FleetError ? [] : [result]));
}
