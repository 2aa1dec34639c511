import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Listed, ListedItems } from '../fleet/ports.ts';
import { type Freshness, validUntil } from './freshness.ts';
import type { Listing } from './observationOverlay.ts';
import { pagesFor } from './queryPlan.ts';

/** Time during which a failed read is shared, so that a thousand policies don't repeat it at the same time. */
const FAILURE_TTL_MS = 5_000;

/** Minimum time to keep a listing. Longer than any listing takes. */
const MIN_TTL_MS = 60 * 60_000;

interface Request<T> {
  /** Position among all requests of the cache. */
  readonly number: number;
  readonly askedAt: number;
  readonly result: Promise<Listing<T> | FleetError>;
  /** Time of the failure, in milliseconds since the epoch. Undefined if the request is in progress or succeeded. */
  failedAt: number | undefined;
  isSettled: boolean;
}

interface Entry<T> {
  /** Last successful listing. */
  listing: Listing<T> | undefined;
  /** Last request, which may have failed or be in progress. */
  request: Request<T> | undefined;
  /** Number of the last request whose result is discarded. */
  discardedUntil: number;
  /** Milliseconds since the epoch. */
  neededUntil: number;
  /** Last use: its time in milliseconds since the epoch, its interval in milliseconds, and the calls of a renewal. */
  use: { readonly at: number; readonly interval: number; readonly calls: number } | undefined;
}

/** Cache of listings by name. Requests for the same listing share one read. A failed read doesn't discard the last successful listing. */
export class ListCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<unknown>>();
  #requestCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns the listing with this name that is fresh enough. If there is none, returns the result of `read`. A read in progress is shared
   * even if it takes longer than the interval. Starts a renewal that is due, and returns the listing without waiting for it.
   *
   * @param freshness earliest request time, or the details
   * @param pageShare part of a call that one item takes. Undefined for a listing in pages.
   */
  async get<T>(
    name: string,
    freshness: number | Freshness,
    read: () => Promise<ListedItems<T>>,
    pageShare?: number,
  ): Promise<Listing<T> | FleetError> {
    const now = this.#clock.now().getTime();
    const {
      since,
      notBefore,
      renewBefore = since,
    }: Omit<Freshness, 'interval'> = typeof freshness === 'number'
      ? { since: freshness, notBefore: freshness }
      : freshness;
    const entry = (this.#entries.get(name) ?? {
      listing: undefined,
      request: undefined,
      discardedUntil: 0,
      neededUntil: 0,
      use: undefined,
    }) as Entry<T>;
    this.#entries.set(name, entry as Entry<unknown>);
    entry.neededUntil = Math.max(entry.neededUntil, now + 2 * (now - since) + MIN_TTL_MS);
    const { listing, request } = entry;
    if (typeof freshness !== 'number') {
      entry.use = { at: now, interval: freshness.interval, calls: pageShare ?? pagesFor(listing?.value.length ?? 0) };
    }
    const isFresh = ({ askedAt }: { readonly askedAt: number }, until: number) =>
      askedAt >= since || (askedAt >= notBefore && until > now);
    const isShared =
      request !== undefined &&
      (request.failedAt === undefined
        ? !request.isSettled && isFresh(request, Number.POSITIVE_INFINITY)
        : request.failedAt > now - FAILURE_TTL_MS);
    if (listing !== undefined && isFresh(listing, validUntil(listing, now - since))) {
      const isRenewalDue = listing.askedAt < renewBefore && validUntil(listing, now - renewBefore) <= now;
      if (isRenewalDue && !isShared) {
        entry.request = this.#request(entry, now, read);
        // An error reaches the next caller that waits.
        entry.request.result.catch(() => {});
      }
      return listing;
    }
    if (isShared) {
      return request.result;
    }
    entry.request = this.#request(entry, now, read);
    return entry.request.result;
  }

  /** Returns the average number of calls per millisecond that renew the listings in use. */
  demand(): number {
    const now = this.#clock.now().getTime();
    let demand = 0;
    for (const { use } of this.#entries.values()) {
      if (use !== undefined && now - use.at <= 2 * use.interval) {
        demand += use.calls / use.interval;
      }
    }
    return demand;
  }

  /** Returns the last successful listing with this name, or undefined. Makes no calls. */
  last<T>(name: string): Listing<T> | undefined {
    return this.#entries.get(name)?.listing as Listing<T> | undefined;
  }

  /** Returns the last successful listings whose names start with the prefix. Makes no calls. */
  lastOf<T>(prefix: string): Listing<T>[] {
    return [...this.#entries].flatMap(([name, { listing }]) =>
      listing !== undefined && name.startsWith(prefix) ? [listing as Listing<T>] : [],
    );
  }

  /**
   * Reads single items, several per call, and shares each read like `get`. Calls `readPage` for the items that are not fresh enough.
   * Returns the failed reads.
   */
  async getEach(
    kind: string,
    ids: readonly string[],
    freshness: number | Freshness,
    pageSize: number,
    readPage: (ids: readonly string[]) => Promise<unknown>,
  ): Promise<FleetError[]> {
    const results = await this.getItems(kind, ids, freshness, pageSize, async (page) => {
      await readPage(page);
      return () => [];
    });
    return [...new Set(results.filter((result) => result instanceof FleetError))];
  }

  /**
   * Reads single items like `getEach`, and returns their listings in the order of the IDs.
   *
   * @param readPage returns a function that returns the listing of an item of the page
   * @param others items that fill the last page, because others will need them
   */
  async getItems<T>(
    kind: string,
    ids: readonly string[],
    freshness: number | Freshness,
    pageSize: number,
    readPage: (ids: readonly string[]) => Promise<(id: string) => Listed<T>>,
    others: readonly string[] = [],
  ): Promise<(Listing<T> | FleetError)[]> {
    const missing: string[] = [];
    const pagesStarted = Promise.withResolvers<readonly Promise<(id: string) => Listed<T>>[]>();
    const request = (id: string) =>
      this.get<T>(
        `${kind} ${id}`,
        freshness,
        async () => {
          const page = Math.floor((missing.push(id) - 1) / pageSize);
          const listingOf = await (await pagesStarted.promise)[page];
          return listingOf?.(id) ?? [];
        },
        1 / pageSize,
      );
    const results = ids.map(request);
    const extra: Promise<unknown>[] = [];
    for (const id of others) {
      if (missing.length % pageSize === 0) {
        break;
      }
      extra.push(request(id));
    }
    const pages = Array.from({ length: Math.ceil(missing.length / pageSize) }, (_, page) =>
      readPage(missing.slice(page * pageSize, (page + 1) * pageSize)),
    );
    pagesStarted.resolve(pages);
    await Promise.all(extra);
    return Promise.all(results);
  }

  /**
   * Removes listings that were requested before a time, in milliseconds since the epoch. Requests in progress from before that time are not
   * shared with further callers.
   */
  discardBefore(time: number): void {
    for (const [name, entry] of this.#entries) {
      const { listing, request } = entry;
      const isKept = request !== undefined && request.askedAt >= time;
      entry.request = isKept ? request : undefined;
      entry.listing = listing !== undefined && listing.askedAt >= time ? listing : undefined;
      entry.discardedUntil = isKept ? request.number - 1 : this.#requestCount;
      if (entry.request === undefined && entry.listing === undefined) {
        this.#entries.delete(name);
      }
    }
  }

  /** Removes listings that have not been needed for their time to live. */
  prune(): void {
    const now = this.#clock.now().getTime();
    for (const [name, { neededUntil }] of this.#entries) {
      if (neededUntil < now) {
        this.#entries.delete(name);
      }
    }
  }

  #request<T>(entry: Entry<T>, askedAt: number, read: () => Promise<ListedItems<T>>): Request<T> {
    const startedAt = this.#clock.monotonic();
    const request: Request<T> = {
      number: ++this.#requestCount,
      askedAt,
      failedAt: undefined,
      isSettled: false,
      result: read().then(
        (value) => {
          request.isSettled = true;
          const listing = { askedAt, durationMs: this.#clock.monotonic() - startedAt, value };
          const isDiscarded = request.number <= entry.discardedUntil;
          if (!isDiscarded && (entry.listing === undefined || entry.listing.askedAt < askedAt)) {
            entry.listing = listing;
          }
          return listing;
        },
        (error: unknown) => {
          request.isSettled = true;
          request.failedAt = this.#clock.now().getTime();
          if (error instanceof FleetError) {
            return error;
          }
          entry.request = undefined;
          throw error;
        },
      ),
    };
    return request;
  }
}
