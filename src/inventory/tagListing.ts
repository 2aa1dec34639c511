import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { ListCache } from './listCache.ts';
import { type ReadThroughCache, readSingly, readTags } from './readThrough.ts';

/** Maximum number of tagged WorkSpaces in one page (Resource Groups Tagging API). */
const TAG_PAGE_SIZE = 100;
/** Delay before the listing is tried again if it is not available. */
const RETRY_DELAY_MS = 60 * 60_000;
/** Temporary errors, which don't show that the listing is unavailable. */
const TEMPORARY: ReadonlySet<FleetErrorKind> = new Set(['Throttled', 'Cancelled']);
/** Errors after which the tags are read one by one. An entry of an unknown WorkSpace may belong to any WorkSpace without an entry. */
const UNAVAILABLE: ReadonlySet<FleetErrorKind> = new Set(['AccessDenied', 'InvalidResponse']);
const LISTING_NAME = 'tags';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

type TagsById = ReadonlyMap<string, ReadonlyMap<string, string> | undefined>;

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
    const [tags] = listing?.value ?? [];
    if (listing === undefined || tags === undefined) {
      return this.#readEach(workspaceIDs, since);
    }
    const isUntrusted = (id: string) => tags.has(id) && tags.get(id) === undefined;
    for (const workspaceID of workspaceIDs.filter((id) => !isUntrusted(id))) {
      this.#source.inventory.observeTags(workspaceID, tags.get(workspaceID) ?? NO_TAGS, new Date(listing.askedAt));
    }
    return this.#readEach(workspaceIDs.filter(isUntrusted), since);
  }

  #readEach(workspaceIDs: readonly string[], since: number): Promise<FleetError[]> {
    const source = this.#source;
    return this.#listings.getEach('tags of', workspaceIDs, since, 1, ([id = '']) =>
      readSingly('tags', id, source, () => readTags(id, source)),
    );
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
    return UNAVAILABLE.has(kind) || !(hasWorked || TEMPORARY.has(kind));
  }
}
