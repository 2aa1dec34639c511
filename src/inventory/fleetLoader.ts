import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { type FleetReader, PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import { ListCache } from './listCache.ts';
import type { Listing } from './observationOverlay.ts';
import { pagesFor, planQueries, type QueryCosts } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';
import { applicationsIn, associatedIn, candidatesIn } from './readScope.ts';
import {
  type CacheSink,
  type ReadThroughCache,
  readAssociations,
  readConnections,
  readWorkspaces,
} from './readThrough.ts';
import type { SyncTracker } from './syncTracker.ts';
import { TagListing } from './tagListing.ts';

/** What a snapshot is made of. */
export interface ReadSet {
  readonly requirements: ReadRequirements;
  readonly since: number;
  readonly interval: number;
  /** When the oldest read was asked for that has to be younger than `since`, in milliseconds since the epoch. */
  readonly askedAt: number;
  readonly workspaces: readonly Listing<Workspace>[];
  /** WorkSpaces that were read by their ids, beside the listings. */
  readonly alsoRead: readonly string[];
  readonly applications: readonly Listing<Application>[];
  /** Of the applications that were listed one by one; others are known from their WorkSpaces. */
  readonly associations: ReadonlyMap<string, Listing<Association>>;
  readonly failures: readonly FleetError[];
}

/** What the names of listings begin with. */
const WORKSPACES = 'WorkSpaces';
const APPLICATIONS = 'applications';
/** How old the list of applications may be, in milliseconds: it tells which removals could never be undone. */
const CATALOGUE_AGE = 10 * 60_000;
/** How old a listing of all WorkSpaces may be where those with an application are read anew, in milliseconds. */
const LISTING_AGE = 60 * 60_000;

/** Reads a fleet as far as policies need it, once for all of them, in as few calls as that takes. */
export class FleetLoader {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: ListCache;
  readonly #tags: TagListing;
  readonly #source: ReadThroughCache;
  readonly #syncs: SyncTracker;

  /** The observer learns what is read of single WorkSpaces. */
  constructor(reader: FleetReader, clock: Clock, sink: CacheSink, syncs: SyncTracker) {
    this.#reader = reader;
    this.#syncs = syncs;
    this.#clock = clock;
    this.#listings = new ListCache(clock);
    this.#source = { fleet: reader, inventory: sink, clock };
    this.#tags = new TagListing(this.#listings, this.#source, clock);
  }

  /** Forgets what nobody has needed for long. */
  prune(): void {
    this.#listings.prune();
  }

  /** How much there is, as far as it was listed. */
  sizes(): { readonly workspaces: number; readonly applications: number } {
    const listed = this.#listings.lastOf<Workspace>(WORKSPACES);
    const [catalogue] = this.#listings.lastOf<Application>(APPLICATIONS);
    return {
      workspaces: new Set(listed.flatMap(({ value }) => value.map(({ workspaceID }) => workspaceID))).size,
      applications: catalogue?.value.length ?? 0,
    };
  }

  /** When the newest list of WorkSpaces was asked for; undefined while there is none. */
  get listedAt(): Date | undefined {
    const times = this.#listings.lastOf<Workspace>(WORKSPACES).map(({ askedAt }) => askedAt);
    return times.length === 0 ? undefined : new Date(Math.max(...times));
  }

  /** Everything in `requirements`, asked for at `since` or later; what needn't be that young is at least from `notBefore`. */
  async read(requirements: ReadRequirements, since: number, interval: number, notBefore: number): Promise<ReadSet> {
    const failures: FleetError[] = [];
    const succeeded = <T>(answers: readonly (Listing<T> | FleetError)[]): Listing<T>[] =>
      answers.flatMap((answer) => {
        if (answer instanceof FleetError) {
          failures.push(answer);
          return [];
        }
        return [answer];
      });
    const now = this.#clock.now().getTime();
    const mayBeOld = Math.max(notBefore, Math.min(since, now - LISTING_AGE + 1));
    const [catalogue, known] = await Promise.all([
      this.#listings.get(APPLICATIONS, Math.max(since, now - CATALOGUE_AGE), () =>
        this.#reader.describeApplications({}),
      ),
      this.#listWorkspaces(requirements.workspaces, requirements.everyWorkspace ? since : mayBeOld),
    ]);
    const applications = succeeded([catalogue]);
    const applicationIDs = applicationsIn(applications, requirements);
    const plan = planQueries(this.#costsOf(requirements, applicationIDs, listed(known), since));
    const asked = [...applications, ...listed(known)].filter(({ askedAt }) => askedAt >= now);
    this.#syncs.planned({ ...plan, calls: plan.calls + sumOf(asked.map(({ value }) => pagesFor(value.length))) });
    const [workspaces, byApplication] = await Promise.all([
      plan.workspaces === 'List' ? this.#listWorkspaces(requirements.workspaces, since) : known,
      plan.associations === 'ByApplication' ? this.#listAssociations(applicationIDs, since) : [],
    ]);
    const listings = succeeded(workspaces);
    const associations = byApplication.flatMap(([id, answer]) =>
      succeeded([answer]).map((listing) => [id, listing] as const),
    );
    const ofWorkspaces = plan.associations === 'ByWorkspace' ? candidatesIn(listings, requirements) : [];
    const alsoRead = plan.workspaces === 'List' ? [] : associatedIn(associations, listings, requirements);
    const failedReads = failures.concat(await this.#readEach(ofWorkspaces, alsoRead, since));
    const askedAt = [
      ...[...listings, ...applications, ...associations.map(([, listing]) => listing)].map((one) => one.askedAt),
      ...ofWorkspaces.map((id) => this.#listings.last(associationsName(id))?.askedAt ?? now),
      ...alsoRead.map((id) => this.#listings.last(stateName(id))?.askedAt ?? now),
    ];
    return {
      requirements,
      since,
      interval,
      askedAt: askedAt.filter((time) => time >= since).reduce((a, b) => Math.min(a, b), now),
      workspaces: listings,
      alsoRead,
      applications,
      associations: new Map(associations),
      failures: failedReads.sort(compareBy(({ message }) => message)),
    };
  }

  /** An application that AWS doesn't know is associated with nothing. */
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

  /** Reads tags and connections, in a fleet of so many WorkSpaces. Returns what failed. */
  async readDetails(
    tagsOf: readonly string[],
    connectionOf: readonly string[],
    since: number,
    fleetSize: number,
  ): Promise<FleetError[]> {
    const failed = await Promise.all([
      this.#tags.read(tagsOf, since, fleetSize),
      this.#listings.getEach('connection of', connectionOf, since, PAGE_SIZE, (ids) =>
        readConnections(ids, this.#source),
      ),
    ]);
    return failed.flat().sort(compareBy(({ message }) => message));
  }

  #listWorkspaces(queries: readonly WorkspaceQuery[], since: number): Promise<(Listing<Workspace> | FleetError)[]> {
    return Promise.all(
      queries.map((query) => this.#listings.get(nameOf(query), since, () => this.#reader.describeWorkspaces(query))),
    );
  }

  #listAssociations(applicationIDs: readonly string[], since: number) {
    return Promise.all(applicationIDs.map(async (id) => [id, await this.associationsOf(id, since)] as const));
  }

  /** Reads the associations of WorkSpaces, and others as they are. Returns what failed. */
  async #readEach(ofWorkspaces: readonly string[], states: readonly string[], since: number): Promise<FleetError[]> {
    const source = this.#source;
    const failed = await Promise.all([
      this.#listings.getEach('associations of', ofWorkspaces, since, 1, ([id = '']) => readAssociations(id, source)),
      this.#listings.getEach('state of', states, since, PAGE_SIZE, (ids) => readWorkspaces(ids, source)),
    ]);
    return failed.flat();
  }

  #costsOf(
    requirements: ReadRequirements,
    applicationIDs: readonly string[],
    known: readonly Listing<Workspace>[],
    since: number,
  ): QueryCosts {
    const isOld = (name: string) => (this.#listings.last(name)?.askedAt ?? Number.NEGATIVE_INFINITY) < since;
    const old = applicationIDs.filter((id) => isOld(associationsName(id)));
    const listing = known.filter(({ askedAt }) => askedAt < since);
    const lately = applicationIDs.flatMap((id) => {
      const last = this.#listings.last<Association>(associationsName(id));
      return last === undefined ? [] : [[id, last] as const];
    });
    const sum = (lists: readonly (Listing<unknown> | undefined)[]) =>
      sumOf(lists.map((list) => pagesFor(list?.value.length ?? 0)));
    const states = associatedIn(lately, known, requirements).filter((id) => isOld(stateName(id)));
    return {
      listing: sum(listing),
      byApplication: sum(old.map((id) => this.#listings.last(associationsName(id)))),
      byWorkspace: candidatesIn(known, requirements).filter((id) => isOld(associationsName(id))).length,
      associated: requirements.everyWorkspace ? undefined : Math.ceil(states.length / PAGE_SIZE),
    };
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function listed<T>(answers: readonly (Listing<T> | FleetError)[]): Listing<T>[] {
  return answers.flatMap((answer) => (answer instanceof FleetError ? [] : [answer]));
}

/** Of an application or of a WorkSpace: their ids differ. */
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
