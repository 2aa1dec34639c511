import type { ListCache } from './listCache.ts';

/** Rate limit that AWS documents for an account and region, in calls per second. */
export const DOCUMENTED_CALLS_PER_SECOND = 2;

/** Rates of a fleet, in calls per second. */
export interface ReadRates {
  /** Returns the rate limit of the fleet. */
  limit(): number;
  /** Returns the average rate of the reads in the background, which no decision depends on. */
  background(): number;
}

/** Share of the account's rate that renewals of listings may use on average. */
const MAX_SHARE = 0.25;
/** Share of the account's rate that renewals of listings use on average while events announce changes. */
const MAX_RESYNC_SHARE = 0.01;
/** Maximum interval of listings that the share causes, in milliseconds. */
const MAX_RESYNC_INTERVAL_MS = 24 * 60 * 60_000;

/** Limits how often listings are renewed, so that reading a fleet at rest uses at most a quarter of the rate. */
export class ReadBudget {
  readonly #rates: ReadRates;
  readonly #listings: ListCache;

  constructor(rates: ReadRates, listings: ListCache) {
    this.#rates = rates;
    this.#listings = listings;
  }

  /**
   * Returns the interval at which a policy's listings are renewed: its own interval, or four times the duration of the calls of a renewal.
   *
   * @param interval interval of the policy, in milliseconds
   * @param calls number of calls that renew everything that the policy requires
   */
  intervalFor(interval: number, calls: number): number {
    return Math.max(interval, Math.ceil((calls * 1000) / (MAX_SHARE * this.#rates.limit())));
  }

  /**
   * Returns the interval at which a policy's listings are renewed while events announce changes, in milliseconds.
   *
   * @param interval configured interval, in milliseconds
   * @param calls number of calls that renew everything that the policy requires
   */
  resyncIntervalFor(interval: number, calls: number): number {
    const atRest = Math.ceil((calls * 1000) / (MAX_RESYNC_SHARE * this.#rates.limit()));
    return Math.max(this.intervalFor(interval, calls), Math.min(MAX_RESYNC_INTERVAL_MS, atRest));
  }

  /**
   * Returns the factor by which all intervals grow, because the listings of all policies and the reads in the background together exceed the
   * share. At least 1.
   */
  get excess(): number {
    const { limit, background } = this.#rates;
    return Math.max(1, (this.#listings.demand() * 1000) / (MAX_SHARE * limit() - background()));
  }
}
