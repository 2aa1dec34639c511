import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import { type Observer, readConnections, readTags } from './fresh.ts';
import { Listings } from './listings.ts';
import type { Application, Association, Workspace } from './model.ts';
import type { Needs } from './needs.ts';
import type { Listing } from './observations.ts';
import type { FleetReader, WorkspaceQuery } from './ports.ts';

/** The listings that a snapshot is made of. */
export interface Sources {
  readonly needs: Needs;
  readonly since: number;
  readonly interval: number;
  readonly workspaces: readonly Listing<Workspace>[];
  readonly applications: readonly Listing<Application>[];
  readonly associations: ReadonlyMap<string, Listing<Association>>;
  readonly failures: readonly FleetError[];
}

/** How old the list of applications may be, in milliseconds: it tells which removals could never be undone. */
const CATALOGUE_AGE = 10 * 60_000;
/** So many connections are read in one call. */
const PAGE_SIZE = 25;

/** Lists a fleet as far as policies need it, once for all of them. */
export class FleetListings {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: Listings;

  constructor(reader: FleetReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
    this.#listings = new Listings(clock);
  }

  /** Forgets what nobody has needed for long. */
  prune(): void {
    this.#listings.prune();
  }

  /** The listings that have everything in `needs`, asked for at `since` or later. */
  async read(needs: Needs, since: number, interval: number): Promise<Sources> {
    const failures: FleetError[] = [];
    const succeeded = <T>(listing: Listing<T> | FleetError): Listing<T>[] => {
      if (listing instanceof FleetError) {
        failures.push(listing);
        return [];
      }
      return [listing];
    };
    const catalogueSince = Math.max(since, this.#clock.now().getTime() - CATALOGUE_AGE);
    const catalogue = this.#listings.get('applications', catalogueSince, () => this.#reader.describeApplications({}));
    const workspaces = needs.workspaces.map((query) =>
      this.#listings.get(nameOf(query), since, () => this.#reader.describeWorkspaces(query)),
    );
    const applications = succeeded(await catalogue);
    const needed = applications.flatMap(({ value }) => value).filter(needs.needsAssociationsOf);
    const applicationIds = new Set([...needs.applicationIds, ...needed.map(({ applicationId }) => applicationId)]);
    const associations = [...applicationIds].sort().map(async (applicationId) => {
      const [listing] = succeeded(await this.associationsOf(applicationId, since));
      return listing === undefined ? [] : [[applicationId, listing] as const];
    });
    return {
      needs,
      since,
      interval,
      workspaces: (await Promise.all(workspaces)).flatMap(succeeded),
      applications,
      associations: new Map((await Promise.all(associations)).flat()),
      failures: failures.sort((a, b) => (a.message < b.message ? -1 : 1)),
    };
  }

  /** An application that AWS doesn't know is associated with nothing. */
  async associationsOf(applicationId: string, since: number): Promise<Listing<Association> | FleetError> {
    return this.#listings.get(`associations of ${applicationId}`, since, async () => {
      try {
        return await this.#reader.describeApplicationAssociations(applicationId);
      } catch (error) {
        if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
          return [];
        }
        throw error;
      }
    });
  }

  /** Reads single WorkSpaces' tags and connections, and lets the observer know. Returns what failed. */
  async readDetails(
    tagsOf: readonly string[],
    connectionOf: readonly string[],
    since: number,
    inventory: Observer,
  ): Promise<FleetError[]> {
    const source = { fleet: this.#reader, inventory, clock: this.#clock };
    const pages = Array.from({ length: Math.ceil(connectionOf.length / PAGE_SIZE) }, (_, page) =>
      connectionOf.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
    );
    const reads = [
      ...tagsOf.map((id) => this.#listings.get(`tags of ${id}`, since, async () => [await readTags(id, source)])),
      ...pages.map((ids) =>
        this.#listings.get(`connections of ${ids.join(' ')}`, since, async () => [await readConnections(ids, source)]),
      ),
    ];
    const failures = (await Promise.all(reads)).filter((answer) => answer instanceof FleetError);
    return failures.sort((a, b) => (a.message < b.message ? -1 : 1));
  }
}

function nameOf(query: WorkspaceQuery): string {
  if ('all' in query) {
    return 'all WorkSpaces';
  }
  if ('workspaceIds' in query) {
    return `WorkSpaces ${query.workspaceIds.join(' ')}`;
  }
  return `WorkSpaces of ${'directoryId' in query ? query.directoryId : query.bundleId}`;
}
