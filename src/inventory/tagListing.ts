import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { FleetReader } from '../fleet/ports.ts';
import type { ListCache } from './listCache.ts';
import { type ReadThroughCache, readSingly, readTags } from './readThrough.ts';

/** Maximum number of WorkSpaces whose tags one call reads (Resource Groups Tagging API). */
export const TAG_PAGE_SIZE = 100;
/** Delay before the Tagging API is tried again if it is not available. */
const RETRY_DELAY_MS = 60 * 60_000;
/** Temporary errors, which don't show that the Tagging API is unavailable. */
const TEMPORARY: ReadonlySet<FleetErrorKind> = new Set(['Throttled', 'Canceled']);
/** Errors after which the tags are read one by one. An entry of an unknown WorkSpace may belong to any WorkSpace without an entry. */
const UNAVAILABLE: ReadonlySet<FleetErrorKind> = new Set(['AccessDenied', 'InvalidResponse']);
const LISTING_NAME = 'tags';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

type TagsById = ReadonlyMap<string, ReadonlyMap<string, string> | undefined>;
type KnownTags = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the tags of WorkSpaces with the fewest calls: in a listing of all tags, 100 WorkSpaces per call, or one by one. All but the last use
 * another AWS service, which IAM or the network may not allow. If it has never worked, tags are read one by one.
 */
export class TagListing {
  readonly #listings: ListCache;
  readonly #source: ReadThroughCache;
  readonly #clock: Clock;
  #unavailableSince = Number.NEGATIVE_INFINITY;
  #hasWorked = false;
  /** WorkSpaces whose tags the Tagging API returned in a form that can't be trusted. */
  readonly #untrusted = new Set<string>();

  constructor(listings: ListCache, source: ReadThroughCache, clock: Clock) {
    this.#listings = listings;
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Reads tags that were not read since `since`. Returns the failed reads.
   *
   * @param fleetSize number of WorkSpaces in the fleet
   * @param isBatchOnly whether to read nothing if that takes one call per WorkSpace
   */
  async read(
    workspaceIDs: readonly string[],
    since: number,
    fleetSize: number,
    isBatchOnly = false,
  ): Promise<FleetError[]> {
    if (!this.#isBatchPreferred(workspaceIDs.length)) {
      return isBatchOnly ? [] : this.#readEach(workspaceIDs, since);
    }
    const [last] = this.#listings.last<TagsById>(LISTING_NAME)?.value ?? [];
    const listingCalls = Math.max(1, Math.ceil((last?.size ?? fleetSize) / TAG_PAGE_SIZE));
    const isListing = listingCalls <= Math.ceil(workspaceIDs.length / TAG_PAGE_SIZE);
    const failures = await (isListing ? this.#list(workspaceIDs, since) : this.#readBatches(workspaceIDs, since));
    if (failures.some((error) => this.#noteUnavailable(error))) {
      return isBatchOnly ? [] : this.#readEach(workspaceIDs, since);
    }
    return failures.length > 0
      ? failures
      : this.#readEach(
          workspaceIDs.filter((id) => this.#untrusted.has(id)),
          since,
        );
  }

  /**
   * Reads tags now, 100 WorkSpaces per call. Returns the known tags. Rejects with a FleetError if a read failed although the Tagging API is
   * available.
   */
  async readNow(workspaceIDs: readonly string[], fleet: Pick<FleetReader, 'getResources'>): Promise<KnownTags> {
    if (!this.#isBatchPreferred(workspaceIDs.length)) {
      return new Map();
    }
    const askedAt = this.#clock.now();
    try {
      const tags = await fleet.getResources(workspaceIDs);
      this.#hasWorked = true;
      return this.#observe(workspaceIDs, tags, askedAt);
    } catch (error) {
      if (error instanceof FleetError && this.#noteUnavailable(error)) {
        return new Map();
      }
      throw error;
    }
  }

  /** Records the tags of WorkSpaces. Returns the tags that can be trusted. */
  #observe(workspaceIDs: readonly string[], tags: TagsById, askedAt: Date): KnownTags {
    const known = new Map<string, ReadonlyMap<string, string>>();
    for (const workspaceID of workspaceIDs) {
      const value = tags.has(workspaceID) ? tags.get(workspaceID) : NO_TAGS;
      if (value === undefined) {
        this.#untrusted.add(workspaceID);
      } else {
        this.#untrusted.delete(workspaceID);
        known.set(workspaceID, value);
        this.#source.inventory.observeTags(workspaceID, value, askedAt);
      }
    }
    return known;
  }

  #readEach(workspaceIDs: readonly string[], since: number): Promise<FleetError[]> {
    const source = this.#source;
    return this.#listings.getEach('tags of', workspaceIDs, since, 1, ([id = '']) =>
      readSingly('tags', id, source, () => readTags(id, source)),
    );
  }

  /** Number of WorkSpaces whose tags one call reads. */
  get pageSize(): number {
    return this.#isAvailable ? TAG_PAGE_SIZE : 1;
  }

  get #isAvailable(): boolean {
    return this.#clock.now().getTime() - this.#unavailableSince > RETRY_DELAY_MS;
  }

  #isBatchPreferred(count: number): boolean {
    return count > 1 && this.#isAvailable;
  }

  async #list(workspaceIDs: readonly string[], since: number): Promise<FleetError[]> {
    const result = await this.#listings.get<TagsById>(LISTING_NAME, since, async () => {
      const tags = await this.#source.fleet.getResources();
      // A protection that somebody added must not be forgotten because an older read is recent enough.
      this.#source.inventory.recordTagListing();
      return [tags];
    });
    if (result instanceof FleetError) {
      return [result];
    }
    const [tags = new Map()] = result.value;
    this.#hasWorked = true;
    this.#observe(workspaceIDs, tags, new Date(result.askedAt));
    return [];
  }

  #readBatches(workspaceIDs: readonly string[], since: number): Promise<FleetError[]> {
    return this.#listings.getEach('batched tags of', workspaceIDs, since, TAG_PAGE_SIZE, async (page) => {
      const askedAt = this.#clock.now();
      const tags = await this.#source.fleet.getResources(page);
      this.#hasWorked = true;
      this.#observe(page, tags, askedAt);
    });
  }

  /** Records whether an error shows that the Tagging API is unavailable. Returns whether it does. */
  #noteUnavailable({ kind }: FleetError): boolean {
    const isUnavailable = UNAVAILABLE.has(kind) || !(this.#hasWorked || TEMPORARY.has(kind));
    if (isUnavailable) {
      this.#unavailableSince = this.#clock.now().getTime();
    }
    return isUnavailable;
  }
}
