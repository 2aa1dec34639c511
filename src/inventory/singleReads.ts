import type { Clock } from '../clock.ts';
import type { FleetError } from '../fleet/errors.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import type { Freshness } from './freshness.ts';
import type { ListCache } from './listCache.ts';
import { ASSOCIATIONS_OF, STATE_OF } from './listingNames.ts';
import { type ReadThroughCache, readAssociations, readSingly, readWorkspaces, type SingleRead } from './readThrough.ts';
import { REJECTED_RETRY_MS } from './workspaceListings.ts';

/** Minimum time between reads with an untrusted response. */
const UNTRUSTED_RETRY_MS = 5_000;

/** Reads of single WorkSpaces that a snapshot consists of. A read can fail for its WorkSpace alone. */
export class SingleReads {
  readonly #clock: Clock;
  readonly #listings: ListCache;
  readonly #source: ReadThroughCache;

  constructor(clock: Clock, listings: ListCache, source: ReadThroughCache) {
    this.#clock = clock;
    this.#listings = listings;
    this.#source = source;
  }

  /** Reads the associations and the states of single WorkSpaces. Returns the failed reads. */
  async read(
    associationsOf: readonly string[],
    stateOf: readonly string[],
    freshness: Freshness,
  ): Promise<FleetError[]> {
    const source = this.#source;
    const now = this.#clock.now().getTime();
    const { retried = [], others = [] } = Object.groupBy(associationsOf, (id) =>
      this.#isRetryDue('associations', id, now) ? 'retried' : 'others',
    );
    const read = ([id = '']: readonly string[]) =>
      readSingly('associations', id, source, () => readAssociations(id, source));
    const failed = await Promise.all([
      this.#listings.getEach(ASSOCIATIONS_OF, retried, now, 1, read),
      this.#listings.getEach(ASSOCIATIONS_OF, others, freshness, 1, read),
      this.#listings.getEach(STATE_OF, stateOf, freshness, PAGE_SIZE, (ids) => readWorkspaces(ids, source)),
    ]);
    return failed.flat().concat(this.failuresOfAll('associations', associationsOf));
  }

  /** Returns the failures of single reads if all of them failed, because the cause then isn't a single WorkSpace. */
  failuresOfAll(read: SingleRead, workspaceIDs: readonly string[]): FleetError[] {
    const failures = workspaceIDs.map((id) => this.#source.inventory.failureOf(read, id)?.error);
    return failures.includes(undefined) ? [] : failures.filter((error) => error !== undefined);
  }

  /** Whether the last read of a WorkSpace failed and is due again. */
  #isRetryDue(read: SingleRead, workspaceID: string, now: number): boolean {
    const failure = this.#source.inventory.failureOf(read, workspaceID);
    const delay = failure?.error.kind === 'InvalidResponse' ? UNTRUSTED_RETRY_MS : REJECTED_RETRY_MS;
    return failure !== undefined && now - failure.at >= delay;
  }
}
