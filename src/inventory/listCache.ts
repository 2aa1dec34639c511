import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Listed } from '../fleet/ports.ts';
import type { Listing } from './observationOverlay.ts';

/** Time during which a failed read is shared, so that a thousand policies don't repeat it at the same time. */
const FAILURE_TTL_MS = 5_000;

/** Minimum time to keep a listing. Longer than any listing takes. */
const MIN_TTL_MS = 60 * 60_000;

interface Request<T> {
  readonly askedAt: number;
  readonly result: Promise<Listing<T> | FleetError>;
  /** Time of the failure, in milliseconds since the epoch. Undefined if the request is in progress or succeeded. */
  failedAt: number | undefined;
}

interface Entry<T> {
  /** Last successful listing. */
  listing: Listing<T> | undefined;
  /** Last request, which may have failed or be in progress. */
  request: Request<T> | undefined;
  /** Milliseconds since the epoch. */
  neededUntil: number;
}

/** Cache of listings by name. Requests for the same listing share one read. A failed read doesn't discard the last successful listing. */
export class ListCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the listing with this name that was requested at `since` or later. If there is none, returns the result of `read`. */
  async get<T>(name: string, since: number, read: () => Promise<Listed<T>>): Promise<Listing<T> | FleetError> {
    const now = this.#clock.now().getTime();
    const entry = (this.#entries.get(name) ?? { listing: undefined, request: undefined, neededUntil: 0 }) as Entry<T>;
    this.#entries.set(name, entry as Entry<unknown>);
    entry.neededUntil = Math.max(entry.neededUntil, now + 2 * (now - since) + MIN_TTL_MS);
    if (entry.listing !== undefined && entry.listing.askedAt >= since) {
      return entry.listing;
    }
    const { request } = entry;
    const isShared =
      request !== undefined &&
      (request.failedAt === undefined ? request.askedAt >= since : request.failedAt > now - FAILURE_TTL_MS);
    if (isShared) {
      return request.result;
    }
    entry.request = this.#request(entry, now, read);
    return entry.request.result;
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
   * Reads single items, several per call, and shares each read like `get`. Calls `readPage` for the items that were not read since
   * `since`. Returns the failed reads.
   */
  async getEach(
    kind: string,
    ids: readonly string[],
    since: number,
    pageSize: number,
    readPage: (ids: readonly string[]) => Promise<unknown>,
  ): Promise<FleetError[]> {
    const missing: string[] = [];
    const pagesStarted = Promise.withResolvers<readonly Promise<unknown>[]>();
    const results = ids.map((id) => {
      return this.get(`${kind} ${id}`, since, async () => {
        const page = Math.floor((missing.push(id) - 1) / pageSize);
        await (await pagesStarted.promise)[page];
        return [];
      });
    });
    const pages = Array.from({ length: Math.ceil(missing.length / pageSize) }, (_, page) =>
      readPage(missing.slice(page * pageSize, (page + 1) * pageSize)),
    );
    pagesStarted.resolve(pages);
    const failed = new Set((await Promise.all(results)).filter((result) => result instanceof FleetError));
    return [...failed];
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

  #request<T>(entry: Entry<T>, askedAt: number, read: () => Promise<Listed<T>>): Request<T> {
    const request: Request<T> = {
      askedAt,
      failedAt: undefined,
      result: read().then(
        (value) => {
          const listing = { askedAt, value };
          if (entry.listing === undefined || entry.listing.askedAt < askedAt) {
            entry.listing = listing;
          }
          return listing;
        },
        (error: unknown) => {
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
