import type { Clock } from '../clock.ts';
import { FairQueue } from '../fairQueue.ts';

/**
 * Priorities of requests, the highest first: changes and the reads they wait for, listings of a fleet, and reads that no
 * decision depends on.
 */
export const PRIORITIES = ['urgent', 'inventory', 'background'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface RateLimiterOptions {
  /** Tokens per second. AWS documents 2 for the WorkSpaces API. */
  readonly callsPerSecond: number;
  /** Maximum number of tokens in the bucket. AWS documents 5. */
  readonly burst: number;
  readonly clock: Clock;
}

/** Minimum rate while AWS throttles, as a share of the configured rate. */
const MIN_RATE_SHARE = 1 / 16;
/** Share of the configured rate that each accepted request restores. Ten requests undo one halving of the full rate. */
const RECOVERY_SHARE = 1 / 20;
/** Maximum time that a request without a response keeps a full bucket from refilling. */
const MAX_REFILL_PAUSE_MS = 2_000;
/** Tolerance for sums of fractions of a token. */
const ROUNDING_TOLERANCE = 1e-9;

interface Waiter {
  grant(): void;
}

/**
 * Token bucket for one account and region, the unit in which AWS counts requests. Requests wait in one queue for each
 * priority, which serves its flows in turn. A background request takes a token only from a full bucket, so that it
 * delays no other request.
 *
 * The rate follows the responses of AWS because other callers in the account can share the quota (additive increase,
 * multiplicative decrease). A throttled request empties the bucket and halves the rate. Each accepted request restores
 * a twentieth of the configured rate.
 */
export class RateLimiter {
  readonly #clock: Clock;
  #configuredRate: number;
  #burst: number;
  readonly #queues: Readonly<Record<Priority, FairQueue<Waiter>>> = {
    urgent: new FairQueue(),
    inventory: new FairQueue(),
    background: new FairQueue(),
  };
  #rate: number;
  #tokens: number;
  #refilledAt: number;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #lastGrantAt = Number.NEGATIVE_INFINITY;
  /**
   * Time when a token was taken from the full bucket, until a response arrives. The bucket of AWS starts to refill when
   * the request arrives, and a new connection takes a while. Refilling earlier would exceed the quota.
   */
  #refillPausedSince: number | undefined;
  /** Ends the wait for the next token. Undefined while no request waits. */
  #waitForToken: AbortController | undefined;

  /** Throws a RangeError if the rate isn't positive or the burst is less than 1: no request would ever be sent. */
  constructor({ callsPerSecond, burst, clock }: RateLimiterOptions) {
    assertValidLimits(callsPerSecond, burst);
    this.#clock = clock;
    this.#configuredRate = callsPerSecond;
    this.#burst = burst;
    this.#rate = callsPerSecond;
    this.#tokens = burst;
    this.#refilledAt = clock.monotonic();
  }

  /** Changes the limits. The reduction by throttled requests remains. Throws a RangeError like the constructor. */
  configure({ callsPerSecond, burst }: Omit<RateLimiterOptions, 'clock'>): void {
    assertValidLimits(callsPerSecond, burst);
    this.#refill();
    this.#rate *= callsPerSecond / this.#configuredRate;
    this.#configuredRate = callsPerSecond;
    this.#burst = burst;
    this.#tokens = Math.min(this.#tokens, burst);
    this.#waitForToken?.abort();
  }

  /** Expected wait of an inventory request that is queued now, in milliseconds, if no urgent request arrives. */
  get expectedWait(): number {
    this.#refill();
    const { urgent, inventory } = this.#queues;
    return (Math.max(0, urgent.length + inventory.length + 1 - this.#tokens) / this.#rate) * 1000;
  }

  /**
   * Resolves when a request may be sent. Rejects with the reason of the signal, without taking a token, if the signal
   * is aborted first.
   *
   * @param flow flow of the request, for example, the namespace of its policy. Defaults to one flow for all requests.
   */
  acquire(priority: Priority, signal?: AbortSignal, flow = ''): Promise<void> {
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      const queue = this.#queues[priority];
      const cancel = () => {
        queue.remove(flow, waiter);
        if (this.waiting === 0) {
          this.#waitForToken?.abort();
        }
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const isOnlyBackground = this.#next() === this.#queues.background;
      queue.push(flow, waiter);
      if (this.#waitForToken === undefined) {
        void this.#serve();
      } else if (isOnlyBackground) {
        this.#waitForToken.abort();
      }
    });
  }

  /** Records that a response arrived or the request was given up, regardless of its result. */
  onResponse(): void {
    if (this.#refillPausedSince === undefined) {
      return;
    }
    this.#refillPausedSince = undefined;
    this.#refilledAt = this.#clock.monotonic();
    this.#waitForToken?.abort();
  }

  /**
   * Records that AWS throttled a request that got its token at `sentAt` (monotonic time). Requests in flight together
   * are throttled together, so requests sent before the last slowdown don't count again.
   */
  onThrottle(sentAt: number): void {
    if (sentAt <= this.#slowedAt) {
      return;
    }
    this.#refill();
    this.#tokens = 0;
    this.#rate = Math.max(this.#configuredRate * MIN_RATE_SHARE, this.#rate / 2);
    this.#slowedAt = this.#refilledAt;
  }

  /** Records that AWS accepted a request. */
  onSuccess(): void {
    this.#refill();
    this.#rate = Math.min(this.#configuredRate, this.#rate + this.#configuredRate * RECOVERY_SHARE);
  }

  /** Number of requests that wait for a token. */
  get waiting(): number {
    return Object.values(this.#queues).reduce((sum, { length }) => sum + length, 0);
  }

  /** Configured rate in tokens per second, which applies while AWS doesn't throttle. */
  get configuredCallsPerSecond(): number {
    return this.#configuredRate;
  }

  /** Current rate in tokens per second. */
  get callsPerSecond(): number {
    return this.#rate;
  }

  /** Time when a request last got its token (monotonic). Negative infinity if none did. */
  get lastGrantAt(): number {
    return this.#lastGrantAt;
  }

  async #serve(): Promise<void> {
    this.#waitForToken = new AbortController();
    while (this.waiting > 0) {
      this.#refill();
      const next = this.#next();
      const missing = (next === this.#queues.background ? this.#burst : 1) - this.#tokens;
      if (missing > ROUNDING_TOLERANCE) {
        const milliseconds = Math.ceil((missing / this.#rate) * 1000 - ROUNDING_TOLERANCE);
        // An abort means that the last request was canceled or that refilling started. Serve the remaining requests
        // either way.
        await this.#clock.sleep(milliseconds, this.#waitForToken.signal).catch(() => {
          this.#waitForToken = new AbortController();
        });
        continue;
      }
      if (this.#tokens >= this.#burst) {
        this.#refillPausedSince = this.#refilledAt;
      }
      this.#tokens -= 1;
      this.#lastGrantAt = this.#clock.monotonic();
      next?.shift()?.grant();
    }
    this.#waitForToken = undefined;
  }

  /** Returns the queue to serve next, or undefined if no request waits. */
  #next(): FairQueue<Waiter> | undefined {
    return PRIORITIES.map((priority) => this.#queues[priority]).find(({ length }) => length > 0);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    if (this.#refillPausedSince !== undefined) {
      this.#refilledAt = Math.max(
        this.#refillPausedSince,
        Math.min(now, this.#refillPausedSince + MAX_REFILL_PAUSE_MS),
      );
      if (now - this.#refillPausedSince < MAX_REFILL_PAUSE_MS) {
        return;
      }
      this.#refillPausedSince = undefined;
    }
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#rate);
    this.#refilledAt = now;
  }
}

/** Throws a RangeError for limits with which no request would ever be sent. */
function assertValidLimits(callsPerSecond: number, burst: number): void {
  if (!(callsPerSecond > 0 && Number.isFinite(callsPerSecond))) {
    throw new RangeError(`requests per second must be greater than 0, not ${callsPerSecond}`);
  }
  if (!(burst >= 1 && Number.isFinite(burst))) {
    throw new RangeError(`burst must be at least 1, not ${burst}`);
  }
}
