import type { Clock } from '../clock.ts';

export interface RateLimit {
  /** Tokens per second; 0 turns the limit off. AWS documents 2. */
  readonly callsPerSecond: number;
  /** Size of the bucket, which starts full. AWS documents 5. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token bucket as documented by AWS for WorkSpaces: one of the account, or one for each operation. */
export class SimulatedRateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #scope: 'Account' | 'Operation';
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Clock, scope: 'Account' | 'Operation' = 'Account') {
    this.#limit = limit;
    this.#clock = clock;
    this.#scope = scope;
    this.#buckets.set('', { tokens: limit.burst, filledAt: clock.monotonic() });
  }

  /** Takes a token for an operation. Returns false if there is none and the call must be throttled. */
  take(operation = ''): boolean {
    const { callsPerSecond, burst } = this.#limit;
    if (callsPerSecond === 0) {
      return true;
    }
    const now = this.#clock.monotonic();
    const key = this.#scope === 'Account' ? '' : operation;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAt: now };
    this.#buckets.set(key, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * callsPerSecond);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens -= 1;
    return true;
  }
}
