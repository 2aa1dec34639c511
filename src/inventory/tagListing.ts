import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { ListCache } from './listCache.ts';
import { type ReadThroughCache, readTags } from './readThrough.ts';

/** Maximum number of tagged WorkSpaces in one page (Resource Groups Tagging API). */
const TAG_PAGE_SIZE = 100;
/** Delay before the listing is tried again if it is not available. */
const RETRY_DELAY_MS = 60 * 60_000;
/** Temporary errors, which don't show that the listing is unavailable. */
const TEMPORARY: ReadonlySet<FleetErrorKind> = new Set(['Throttled', 'Cancelled']);
const LISTING_NAME = 'tags';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

type TagsById = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the tags of WorkSpaces in one listing if that takes fewer calls, otherwise one by one. The listing uses another AWS service, which
 * IAM or the network may not allow. If the listing has never worked, tags are read one by one.
 */
export class TagListing {
  readonly #listings: ListCache;
  readonly #source: ReadThroughCache;
  readonly #clock: Clock;
  #unavailableSince = Number.NEGATIVE_INFINITY;

  constructor(listings: ListCache, source: ReadThroughCache, clock: Clock) {
    this.#listings = listings;
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Reads tags that were not read since `since`. Returns the failed reads.
   *
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isListingOnly whether to read nothing if a listing isn't available or takes more calls
   */
  async read(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    isListingOnly = false,
  ): Promise<FleetError[]> {
    const listing = this.#prefersListing(workspaceIDs.length, fleetSize) ? await this.#list(since) : undefined;
    if (listing instanceof FleetError) {
      return [listing];
    }
    if (listing === undefined && isListingOnly) {
      return [];
    }
    if (listing === undefined) {
      return this.#listings.getEach('tags of', workspaceIDs, since, 1, ([id = '']) => readTags(id, this.#source));
    }
    const [tags] = listing.value;
    for (const workspaceID of workspaceIDs) {
      this.#source.inventory.observeTags(workspaceID, tags?.get(workspaceID) ?? NO_TAGS, new Date(listing.askedAt));
    }
    return [];
  }

  #prefersListing(count: number, fleetSize: number): boolean {
    const [last] = this.#listings.last<TagsById>(LISTING_NAME)?.value ?? [];
    const calls = Math.max(1, Math.ceil((last?.size ?? fleetSize) / TAG_PAGE_SIZE));
    return count > calls && this.#clock.now().getTime() - this.#unavailableSince > RETRY_DELAY_MS;
  }

  /** Returns undefined if the listing is not available. */
  async #list(since: number) {
    const result = await this.#listings.get<TagsById>(LISTING_NAME, since, async () => [
      await this.#source.fleet.getResources(),
    ]);
    if (result instanceof FleetError && this.#isUnavailable(result)) {
      this.#unavailableSince = this.#clock.now().getTime();
      return undefined;
    }
    return result;
  }

  #isUnavailable({ kind }: FleetError): boolean {
    const hasWorked = this.#listings.last(LISTING_NAME) !== undefined;
    return kind === 'AccessDenied' || !(hasWorked || TEMPORARY.has(kind));
  }
}
