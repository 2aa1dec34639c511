import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { type FleetReader, PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import { ListCache } from './listCache.ts';
import type { Listing } from './observationOverlay.ts';
import { pagesFor, planQueries, type QueryCosts } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';
import { applicationsIn, associatedIn, candidatesIn, unlistedIn } from './readScope.ts';
import {
  type CacheSink,
  type ReadThroughCache,
  readAssociations,
  readConnections,
  readSingly,
  readWorkspaces,
  type SingleRead,
} from './readThrough.ts';
import type { SyncTracker } from './syncTracker.ts';
import { TagListing } from './tagListing.ts';
import { type WaitForReads, waitDirectly } from './waitForReads.ts';

/** A listing that AWS rejected for itself, for example, because the directory is deregistered. */
export interface RejectedListing {
  readonly query: WorkspaceQuery;
  readonly error: FleetError;
}

/** The reads that a snapshot consists of. */
export interface ReadSet {
  readonly requirements: ReadRequirements;
  /** Minimum age limit: reads were requested at this time or later, in milliseconds since the epoch. */
  readonly since: number;
  /** Interval of the policy, in milliseconds. */
  readonly interval: number;
  /** Time of the oldest request that must not be older than `since`, in milliseconds since the epoch. */
  readonly askedAt: number;
  readonly workspaces: readonly Listing<Workspace>[];
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

/** Prefixes of the names of listings. */
const WORKSPACES = 'WorkSpaces';
const APPLICATIONS = 'applications';
/** Maximum age of the list of applications. It shows which removals can't be undone, so it must be recent. */
const MAX_APPLICATIONS_AGE_MS = 10 * 60_000;
/** Maximum age of a listing of all WorkSpaces if WorkSpaces with a matching application are read again. */
const MAX_WORKSPACES_AGE_MS = 60 * 60_000;

/** Errors of a listing of WorkSpaces that apply to its directory or bundle alone. */
const REJECTIONS: ReadonlySet<FleetErrorKind> = new Set([
  'InvalidParameterValues',
  'OperationNotSupported',
  'ResourceNotFound',
]);
/** Minimum time between reads that AWS rejects. */
const REJECTED_RETRY_MS = 5 * 60_000;
/** Minimum time between reads with an untrusted response. */
const UNTRUSTED_RETRY_MS = 5_000;

/** Reads what policies need to know of a fleet. Shares the reads between policies, and uses as few calls as possible. */
export class FleetLoader {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: ListCache;
  readonly #tags: TagListing;
  readonly #source: ReadThroughCache;
  readonly #syncs: SyncTracker;
  /** Last rejections of listings of WorkSpaces, by name. */
  readonly #rejections = new Map<string, { readonly at: number; readonly error: FleetError }>();

  /**
   * @param sink receives the results of reads of single WorkSpaces
   */
  constructor(reader: FleetReader, clock: Clock, sink: CacheSink, syncs: SyncTracker) {
    this.#reader = reader;
    this.#syncs = syncs;
    this.#clock = clock;
    this.#listings = new ListCache(clock);
    this.#source = { fleet: reader, inventory: sink, clock };
    this.#tags = new TagListing(this.#listings, this.#source, clock);
  }

  /** Removes listings that have not been needed for a long time. */
  prune(): void {
    this.#listings.prune();
  }

  /** Returns the numbers of listed WorkSpaces and applications. */
  sizes(): { readonly workspaces: number; readonly applications: number } {
    const listed = this.#listings.lastOf<Workspace>(WORKSPACES);
    const [listing] = this.#listings.lastOf<Application>(APPLICATIONS);
    return {
      workspaces: new Set(listed.flatMap(({ value }) => value.map(({ workspaceID }) => workspaceID))).size,
      applications: listing?.value.length ?? 0,
    };
  }

  /** Time of the last request for a listing of WorkSpaces. Undefined before the first listing. */
  get listedAt(): Date | undefined {
    const times = this.#listings.lastOf<Workspace>(WORKSPACES).map(({ askedAt }) => askedAt);
    return times.length === 0 ? undefined : new Date(Math.max(...times));
  }

  /**
   * Reads everything in `requirements`. Failed reads are in the result.
   *
   * @param since earliest request time of a read that can be reused, in milliseconds since the epoch
   * @param notBefore the same for listings that may be older than `since`
   */
  async read(
    requirements: ReadRequirements,
    since: number,
    interval: number,
    notBefore: number,
    wait: WaitForReads | undefined = waitDirectly,
  ): Promise<ReadSet> {
    const failures: FleetError[] = [];
    const takeListings = <T>(results: readonly (Listing<T> | FleetError)[]): Listing<T>[] =>
      results.flatMap((result) => {
        if (result instanceof FleetError) {
          failures.push(result);
          return [];
        }
        return [result];
      });
    const now = this.#clock.now().getTime();
    const sinceForOldListings = Math.max(notBefore, Math.min(since, now - MAX_WORKSPACES_AGE_MS + 1));
    const [applicationsResult, knownWorkspaces] = await wait(() =>
      Promise.all([
        this.#listings.get(APPLICATIONS, Math.max(since, now - MAX_APPLICATIONS_AGE_MS), () =>
          this.#reader.describeApplications({}),
        ),
        this.#listWorkspaces(requirements.workspaces, requirements.everyWorkspace ? since : sinceForOldListings),
      ]),
    );
    const applications = takeListings([applicationsResult]);
    const applicationIDs = applicationsIn(applications, requirements);
    const knownListings = withoutErrors(knownWorkspaces);
    const plan = planQueries(this.#costsOf(requirements, applicationIDs, knownListings, since));
    const readNow = [...applications, ...knownListings].filter(({ askedAt }) => askedAt >= now);
    this.#syncs.recordPlan({ ...plan, calls: plan.calls + sumOf(readNow.map(({ value }) => pagesFor(value.length))) });
    const [workspaces, byApplication] = await wait(() =>
      Promise.all([
        plan.workspaces === 'ListAll' ? this.#listWorkspaces(requirements.workspaces, since) : knownWorkspaces,
        plan.associations === 'ByApplication' ? this.#listAssociations(applicationIDs, since) : [],
      ]),
    );
    const rejected = rejectedIn(requirements.workspaces, workspaces);
    const listings = takeListings(workspaces.filter((result) => !rejected.some(({ error }) => error === result)));
    const associations = byApplication.flatMap(([id, result]) =>
      takeListings([result]).map((listing) => [id, listing] as const),
    );
    const readByWorkspace = plan.associations === 'ByWorkspace' ? candidatesIn(listings, requirements) : [];
    const associated = plan.workspaces === 'ListAll' ? [] : associatedIn(associations, listings, requirements);
    const alsoRead = [...new Set([...associated, ...unlistedIn(listings, requirements)])].sort();
    const failedReads = failures.concat(await wait(() => this.#readEach(readByWorkspace, alsoRead, since)));
    const requestTimes = [
      ...[...listings, ...applications, ...associations.map(([, listing]) => listing)].map(({ askedAt }) => askedAt),
      ...readByWorkspace.map((id) => this.#listings.last(associationsName(id))?.askedAt ?? now),
      ...alsoRead.map((id) => this.#listings.last(stateName(id))?.askedAt ?? now),
    ];
    return {
      requirements,
      since,
      interval,
      askedAt: requestTimes.filter((time) => time >= since).reduce((a, b) => Math.min(a, b), now),
      workspaces: listings,
      alsoRead,
      readByWorkspace,
      rejected,
      applications,
      associations: new Map(associations),
      failures: failedReads.sort(compareBy(({ message }) => message)),
    };
  }

  /** Lists the associations of an application. An unknown application has none. */
  async associationsOf(applicationID: string, since: number): Promise<Listing<Association> | FleetError> {
    return this.#listings.get(associationsName(applicationID), since, async () => {
      try {
        return await this.#reader.describeApplicationAssociations(applicationID);
      } catch (error) {
        if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
          return [];
        }
        throw error;
      }
    });
  }

  /**
   * Reads tags and connections. Returns the failed reads.
   *
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isListingOnly whether to read tags only in a listing
   */
  async readDetails(
    tagsOf: readonly string[],
    connectionOf: readonly string[],
    since: number,
    fleetSize: number,
    isListingOnly = false,
  ): Promise<FleetError[]> {
    const failed = await Promise.all([
      this.#tags.read(tagsOf, since, fleetSize, isListingOnly),
      this.#listings.getEach('connection of', connectionOf, since, PAGE_SIZE, (ids) =>
        readConnections(ids, this.#source),
      ),
    ]);
    const failures = failed.flat().concat(this.#failuresOfAll('tags', tagsOf));
    return failures.sort(compareBy(({ message }) => message));
  }

  /** Returns the failures of single reads if all of them failed, because the cause then isn't a single WorkSpace. */
  #failuresOfAll(read: SingleRead, workspaceIDs: readonly string[]): FleetError[] {
    const failures = workspaceIDs.map((id) => this.#source.inventory.failureOf(read, id)?.error);
    return failures.includes(undefined) ? [] : failures.filter((error) => error !== undefined);
  }

  /** Whether the last read of a WorkSpace failed and is due again. */
  #isRetryDue(read: SingleRead, workspaceID: string, now: number): boolean {
    const failure = this.#source.inventory.failureOf(read, workspaceID);
    const delay = failure?.error.kind === 'InvalidResponse' ? UNTRUSTED_RETRY_MS : REJECTED_RETRY_MS;
    return failure !== undefined && now - failure.at >= delay;
  }

  #listWorkspaces(queries: readonly WorkspaceQuery[], since: number): Promise<(Listing<Workspace> | FleetError)[]> {
    return Promise.all(
      queries.map(async (query) => {
        const name = nameOf(query);
        const now = this.#clock.now().getTime();
        const last = this.#rejections.get(name);
        if (last !== undefined && last.at >= since && now - last.at < REJECTED_RETRY_MS) {
          return last.error;
        }
        const result = await this.#listings.get(name, since, () => this.#reader.describeWorkspaces(query));
        if (result instanceof FleetError && REJECTIONS.has(result.kind)) {
          this.#rejections.set(name, { at: now, error: result });
        } else {
          this.#rejections.delete(name);
        }
        return result;
      }),
    );
  }

  #listAssociations(applicationIDs: readonly string[], since: number) {
    return Promise.all(applicationIDs.map(async (id) => [id, await this.associationsOf(id, since)] as const));
  }

  /** Reads the associations and the states of single WorkSpaces. Returns the failed reads. */
  async #readEach(associationsOf: readonly string[], stateOf: readonly string[], since: number): Promise<FleetError[]> {
    const source = this.#source;
    const now = this.#clock.now().getTime();
    const { retried = [], others = [] } = Object.groupBy(associationsOf, (id) =>
      this.#isRetryDue('associations', id, now) ? 'retried' : 'others',
    );
    const read = ([id = '']: readonly string[]) =>
      readSingly('associations', id, source, () => readAssociations(id, source));
    const failed = await Promise.all([
      this.#listings.getEach('associations of', retried, now, 1, read),
      this.#listings.getEach('associations of', others, since, 1, read),
      this.#listings.getEach('state of', stateOf, since, PAGE_SIZE, (ids) => readWorkspaces(ids, source)),
    ]);
    return failed.flat().concat(this.#failuresOfAll('associations', associationsOf));
  }

  #costsOf(
    requirements: ReadRequirements,
    applicationIDs: readonly string[],
    knownWorkspaces: readonly Listing<Workspace>[],
    since: number,
  ): QueryCosts {
    const isOld = (name: string) => (this.#listings.last(name)?.askedAt ?? Number.NEGATIVE_INFINITY) < since;
    const oldApplicationIDs = applicationIDs.filter((id) => isOld(associationsName(id)));
    const oldWorkspaces = knownWorkspaces.filter(({ askedAt }) => askedAt < since);
    const lastAssociations = applicationIDs.flatMap((id) => {
      const last = this.#listings.last<Association>(associationsName(id));
      return last === undefined ? [] : [[id, last] as const];
    });
    const pagesOf = (listings: readonly (Listing<unknown> | undefined)[]) =>
      sumOf(listings.map((listing) => pagesFor(listing?.value.length ?? 0)));
    const oldStates = associatedIn(lastAssociations, knownWorkspaces, requirements).filter((id) =>
      isOld(stateName(id)),
    );
    return {
      listing: pagesOf(oldWorkspaces),
      byApplication: pagesOf(oldApplicationIDs.map((id) => this.#listings.last(associationsName(id)))),
      byWorkspace: candidatesIn(knownWorkspaces, requirements).filter((id) => isOld(associationsName(id))).length,
      associated: requirements.everyWorkspace ? undefined : Math.ceil(oldStates.length / PAGE_SIZE),
    };
  }
}

/** Returns the rejected listings, unless all were rejected: then nothing is known. */
function rejectedIn(
  queries: readonly WorkspaceQuery[],
  results: readonly (Listing<Workspace> | FleetError)[],
): RejectedListing[] {
  const rejected = queries.flatMap((query, index) => {
    const error = results[index];
    return error instanceof FleetError && REJECTIONS.has(error.kind) ? [{ query, error }] : [];
  });
  return rejected.length === queries.length ? [] : rejected;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function withoutErrors<T>(results: readonly (Listing<T> | FleetError)[]): Listing<T>[] {
  return results.flatMap((result) => (result instanceof FleetError ? [] : [result]));
}

/** Returns the name of the listing of an application's or a WorkSpace's associations. Their IDs have different prefixes. */
function associationsName(id: string): string {
  return `associations of ${id}`;
}

function stateName(workspaceID: string): string {
  return `state of ${workspaceID}`;
}

function nameOf(query: WorkspaceQuery): string {
  if ('all' in query) {
    return `${WORKSPACES} all`;
  }
  if ('workspaceIDs' in query) {
    return `${WORKSPACES} ${query.workspaceIDs.join(' ')}`;
  }
  return `${WORKSPACES} of ${'directoryID' in query ? query.directoryID : query.bundleID}`;
}
