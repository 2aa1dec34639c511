import type { Clock } from '../clock.ts';

export interface RateLimit {
  /** Tokens that come back each second; 0 turns the limit off. AWS documents 2. */
  readonly callsPerSecond: number;
  /** Tokens that the bucket holds, and starts with. AWS documents 5. */
  readonly burst: number;
}

/** The token bucket that AWS documents for WorkSpaces; here all operations of the account share one. */
export class SimulatedRateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#tokens = limit.burst;
    this.#filledAt = clock.monotonic();
  }

  /** Takes a token; false if there is none, and the call is to be throttled. */
  take(): boolean {
    const { callsPerSecond, burst } = this.#limit;
    if (callsPerSecond === 0) {
      return true;
    }
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * callsPerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
