import type { Clock } from '../clock.ts';

export interface RateLimit {
  /** Tokens per second; 0 turns the limit off. AWS documents 2. */
  readonly callsPerSecond: number;
  /** Size of the bucket, which starts full. AWS documents 5. */
  readonly burst: number;
}

/** Token bucket as documented by AWS for WorkSpaces. All operations of the account share it. */
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

  /** Takes a token. Returns false if there is none and the call must be throttled. */
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
