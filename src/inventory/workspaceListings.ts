import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { Workspace } from '../fleet/model.ts';
import { type FleetReader, type Listed, PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import type { Freshness } from './freshness.ts';
import type { ListCache } from './listCache.ts';
import { WORKSPACES, workspaceName, workspacesName } from './listingNames.ts';
import type { Listing } from './observationOverlay.ts';

/** A listing that AWS rejected for itself, for example, because the directory is deregistered. */
export interface RejectedListing {
  readonly query: WorkspaceQuery;
  readonly error: FleetError;
}

type WorkspaceListing = Listing<Workspace>;

/** Errors of a listing of WorkSpaces that apply to its directory or bundle alone. */
const REJECTIONS: ReadonlySet<FleetErrorKind> = new Set([
  'InvalidParameterValues',
  'OperationNotSupported',
  'ResourceNotFound',
]);
/** Minimum time between reads that AWS rejects. */
export const REJECTED_RETRY_MS = 5 * 60_000;

/** Listings of WorkSpaces, one for each query. */
export class WorkspaceListings {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: ListCache;
  /** Last rejections by the name of the query. */
  readonly #rejections = new Map<string, { readonly at: number; readonly error: FleetError }>();

  constructor(reader: FleetReader, clock: Clock, listings: ListCache) {
    this.#reader = reader;
    this.#clock = clock;
    this.#listings = listings;
  }

  /**
   * Returns the listings of the queries in their order.
   *
   * @param others IDs of WorkSpaces that other policies will need, to fill the last page of IDs
   */
  list(
    queries: readonly WorkspaceQuery[],
    freshness: Freshness,
    others: readonly string[] = [],
  ): Promise<(WorkspaceListing | FleetError)[]> {
    return Promise.all(
      queries.map(async (query) => {
        const name = 'workspaceIDs' in query ? query.workspaceIDs.join(' ') : workspacesName(query);
        const now = this.#clock.now().getTime();
        const last = this.#rejections.get(name);
        if (last !== undefined && last.at >= freshness.since && now - last.at < REJECTED_RETRY_MS) {
          return last.error;
        }
        const result =
          'workspaceIDs' in query
            ? await this.#read(query.workspaceIDs, freshness, others)
            : await this.#listings.get(workspacesName(query), freshness, () => this.#reader.describeWorkspaces(query));
        if (result instanceof FleetError && REJECTIONS.has(result.kind)) {
          this.#rejections.set(name, { at: now, error: result });
        } else {
          this.#rejections.delete(name);
        }
        return result;
      }),
    );
  }

  /** Returns the last listings of the queries. Makes no calls. */
  last(queries: readonly WorkspaceQuery[]): WorkspaceListing[] {
    return queries.flatMap((query) => {
      const names = 'workspaceIDs' in query ? query.workspaceIDs.map(workspaceName) : [workspacesName(query)];
      const known = names.flatMap((name) => this.#listings.last<Workspace>(name) ?? []);
      return known.length < names.length ? [] : [combined(known)];
    });
  }

  async #read(
    workspaceIDs: readonly string[],
    freshness: Freshness,
    others: readonly string[],
  ): Promise<WorkspaceListing | FleetError> {
    const results = await this.#listings.getItems<Workspace>(
      WORKSPACES,
      workspaceIDs,
      freshness,
      PAGE_SIZE,
      async (ids) => {
        const found = await this.#reader.describeWorkspaces({ workspaceIDs: ids });
        const byID = Map.groupBy(found, ({ workspaceID }) => workspaceID);
        return (id) => withUnidentified(byID.get(id) ?? [], found.unidentified);
      },
      others,
    );
    const error = results.find((result) => result instanceof FleetError);
    return error ?? combined(results.flatMap((result) => (result instanceof FleetError ? [] : [result])));
  }
}

/** Returns the rejected listings, unless all were rejected: then nothing is known. */
export function rejectedIn(
  queries: readonly WorkspaceQuery[],
  results: readonly (WorkspaceListing | FleetError)[],
): RejectedListing[] {
  const rejected = queries.flatMap((query, index) => {
    const error = results[index];
    return error instanceof FleetError && REJECTIONS.has(error.kind) ? [{ query, error }] : [];
  });
  return rejected.length === queries.length ? [] : rejected;
}

/** Combines listings of single WorkSpaces. The result is as old as the oldest one. */
function combined(listings: readonly WorkspaceListing[]): WorkspaceListing {
  const [first, ...others] = listings;
  if (first !== undefined && others.length === 0) {
    return first;
  }
  const unidentified = new Set(listings.flatMap(({ value }) => value.unidentified ?? []));
  return {
    askedAt: listings.reduce((oldest, { askedAt }) => Math.min(oldest, askedAt), Number.POSITIVE_INFINITY),
    durationMs: listings.reduce((longest, { durationMs = 0 }) => Math.max(longest, durationMs), 0),
    value: withUnidentified(
      listings.flatMap(({ value }) => [...value]),
      unidentified.size === 0 ? undefined : [...unidentified],
    ),
  };
}

function withUnidentified(items: Workspace[], unidentified: readonly string[] | undefined): Listed<Workspace> {
  return unidentified === undefined ? items : Object.assign(items, { unidentified });
}
