import type { ListCache } from './listCache.ts';

/** Share of the account's rate that renewals of listings may use on average. */
const MAX_SHARE = 0.25;

/** Limits how often listings are renewed, so that reading a fleet at rest uses at most a quarter of the rate. */
export class ReadBudget {
  readonly #callsPerMs: () => number;
  readonly #listings: ListCache;

  /**
   * @param callsPerSecond returns the rate limit of the fleet
   */
  constructor(callsPerSecond: () => number, listings: ListCache) {
    this.#callsPerMs = () => callsPerSecond() / 1000;
    this.#listings = listings;
  }

  /**
   * Returns the interval at which a policy's listings are renewed: its own interval, or four times the duration of the calls of a renewal.
   *
   * @param interval interval of the policy, in milliseconds
   * @param calls number of calls that renew everything that the policy requires
   */
  intervalFor(interval: number, calls: number): number {
    return Math.max(interval, Math.ceil(calls / (MAX_SHARE * this.#callsPerMs())));
  }

  /** Returns the factor by which all intervals grow, because the listings of all policies together exceed the share. At least 1. */
  get excess(): number {
    return Math.max(1, this.#listings.demand() / (MAX_SHARE * this.#callsPerMs()));
  }
}
