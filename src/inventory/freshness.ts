import type { Listing } from './observationOverlay.ts';

/** Which listings a read may reuse. Times are in milliseconds since the epoch. */
export interface Freshness {
  /** Earliest request time of a listing. A listing that took long to read is valid for longer than that. */
  readonly since: number;
  /** Earliest request time of any listing, however long it took. */
  readonly notBefore: number;
  /**
   * Request time of a listing before which it is renewed although it may be reused. The read doesn't wait for the renewal. Undefined if
   * listings that may be reused are not renewed.
   */
  readonly renewBefore?: number | undefined;
  /** Interval at which the listing is renewed, in milliseconds. */
  readonly interval: number;
}

/** Returns the time until which a listing may be reused, in milliseconds since the epoch. */
export function validUntil({ askedAt, durationMs = 0 }: Listing<unknown>, interval: number): number {
  return askedAt + Math.max(interval, durationMs + Math.min(durationMs, interval));
}
