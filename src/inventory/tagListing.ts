import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { ListCache } from './listCache.ts';
import { type ReadThroughCache, readTags } from './readThrough.ts';

/** So many tagged WorkSpaces are listed in one call. */
const PAGE_SIZE = 100;
/** How long the listing isn't tried again where it can't be had, in milliseconds. */
const TRY_AGAIN = 60 * 60_000;
/** What says nothing about whether it can be had. */
const PASSING: ReadonlySet<FleetErrorKind> = new Set(['Throttled', 'Cancelled']);
const NAME = 'tags';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

type TagsById = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The tags of WorkSpaces: those of all in one listing where that takes fewer calls, else one by one. The listing is of another service,
 * which not every identity may ask and not every network reaches; where it has never worked, tags are read one by one.
 */
export class TagListing {
  readonly #listings: ListCache;
  readonly #source: ReadThroughCache;
  readonly #clock: Clock;
  #triedInVain = Number.NEGATIVE_INFINITY;

  constructor(listings: ListCache, source: ReadThroughCache, clock: Clock) {
    this.#listings = listings;
    this.#source = source;
    this.#clock = clock;
  }

  /** Reads tags that are known from `since` or later, in a fleet of so many WorkSpaces. Returns what failed. */
  async read(workspaceIDs: readonly string[], since: number, fleetSize: number): Promise<FleetError[]> {
    const listed = this.#pays(workspaceIDs.length, fleetSize) ? await this.#list(since) : undefined;
    if (listed instanceof FleetError) {
      return [listed];
    }
    if (listed === undefined) {
      return this.#listings.getEach('tags of', workspaceIDs, since, 1, ([id = '']) => readTags(id, this.#source));
    }
    const [tags] = listed.value;
    for (const workspaceID of workspaceIDs) {
      this.#source.inventory.observeTags(workspaceID, tags?.get(workspaceID) ?? NO_TAGS, new Date(listed.askedAt));
    }
    return [];
  }

  #pays(wanted: number, fleetSize: number): boolean {
    const [last] = this.#listings.last<TagsById>(NAME)?.value ?? [];
    const calls = Math.max(1, Math.ceil((last?.size ?? fleetSize) / PAGE_SIZE));
    return wanted > calls && this.#clock.now().getTime() - this.#triedInVain > TRY_AGAIN;
  }

  /** Undefined where it can't be had. */
  async #list(since: number) {
    const answer = await this.#listings.get<TagsById>(NAME, since, async () => [
      await this.#source.fleet.getResources(),
    ]);
    if (answer instanceof FleetError && this.#cannotBeHad(answer)) {
      this.#triedInVain = this.#clock.now().getTime();
      return undefined;
    }
    return answer;
  }

  #cannotBeHad({ kind }: FleetError): boolean {
    const hasWorked = this.#listings.last(NAME) !== undefined;
    return kind === 'AccessDenied' || !(hasWorked || PASSING.has(kind));
  }
}
