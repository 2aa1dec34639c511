import type { Clock } from '../clock.ts';

/** Who is served first: a change and what it waits on (`urgent`), or the listing of a whole fleet (`inventory`). */
export type Priority = 'urgent' | 'inventory';

export interface RateLimiterOptions {
  /** Tokens a second; AWS documents 2 for the WorkSpaces API. */
  readonly callsPerSecond: number;
  /** The most tokens that collect while nothing is asked; AWS documents 5. */
  readonly burst: number;
  readonly clock: Clock;
}

/** Throttled answers slow the bucket down to this share of its configured rate, and no further. */
const SLOWEST = 1 / 16;
/** Each accepted request gives back this share of the configured rate: ten of them undo one halving from full speed. */
const RECOVERY = 1 / 20;
/** How long an unanswered request keeps a full bucket from refilling, in milliseconds. */
const LONGEST_HOLD = 2_000;
/** Sums of fractions of a token come out a hair short of a whole one. */
const ROUNDING = 1e-9;

interface Waiter {
  grant(): void;
}

/**
 * A token bucket: one for each account and region, as AWS counts. Requests wait in line, urgent ones before the inventory's.
 *
 * Its rate follows what AWS accepts, as others in the account may share the quota (additive increase, multiplicative decrease): a
 * throttled answer empties the bucket and halves the rate, each accepted one gives a twentieth of the configured rate back.
 */
export class RateLimiter {
  readonly #clock: Clock;
  #configuredRate: number;
  #burst: number;
  readonly #lines: Readonly<Record<Priority, Waiter[]>> = { urgent: [], inventory: [] };
  #rate: number;
  #tokens: number;
  #refilledAt: number;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #lastGrantAt = Number.NEGATIVE_INFINITY;
  /**
   * When a token was taken from the full bucket, until a request is answered. AWS's bucket begins to refill when the request arrives,
   * and a new connection takes a while: counting from before would be ahead of AWS, and throttled for it.
   */
  #refillPausedSince: number | undefined;
  /** Ends the wait for the next token; undefined while nobody waits. */
  #serving: AbortController | undefined;

  /** Throws a RangeError for a rate that isn't positive or a burst below one, with which no request would ever be sent. */
  constructor({ callsPerSecond, burst, clock }: RateLimiterOptions) {
    assertUsable(callsPerSecond, burst);
    this.#clock = clock;
    this.#configuredRate = callsPerSecond;
    this.#burst = burst;
    this.#rate = callsPerSecond;
    this.#tokens = burst;
    this.#refilledAt = clock.monotonic();
  }

  /** Changes the limits from now on. What throttled answers have taken from the rate stays taken. Throws as the constructor does. */
  configure({ callsPerSecond, burst }: Omit<RateLimiterOptions, 'clock'>): void {
    assertUsable(callsPerSecond, burst);
    this.#refill();
    this.#rate *= callsPerSecond / this.#configuredRate;
    this.#configuredRate = callsPerSecond;
    this.#burst = burst;
    this.#tokens = Math.min(this.#tokens, burst);
    this.#serving?.abort();
  }

  /** How long a request of an inventory that gets in line now waits for its token, in milliseconds, if no urgent one comes meanwhile. */
  get expectedWait(): number {
    this.#refill();
    return (Math.max(0, this.waiting + 1 - this.#tokens) / this.#rate) * 1000;
  }

  /** Resolves when a request may be sent. Rejects with the signal's reason, without taking a token, if it is aborted first. */
  acquire(priority: Priority, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) {
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      const line = this.#lines[priority];
      const leave = () => {
        line.splice(line.indexOf(waiter), 1);
        if (this.waiting === 0) {
          this.#serving?.abort();
        }
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      line.push(waiter);
      if (this.#serving === undefined) {
        void this.#serve();
      }
    });
  }

  /** A request was answered, or given up, whatever came of it. */
  onResponse(): void {
    if (this.#refillPausedSince === undefined) {
      return;
    }
    this.#refillPausedSince = undefined;
    this.#refilledAt = this.#clock.monotonic();
    this.#serving?.abort();
  }

  /**
   * AWS throttled a request that got its token at `sentAt` (the clock's monotonic time). Requests that were under way together are
   * throttled together, so those sent before the last slowdown don't count again.
   */
  onThrottle(sentAt: number): void {
    if (sentAt <= this.#slowedAt) {
      return;
    }
    this.#refill();
    this.#tokens = 0;
    this.#rate = Math.max(this.#configuredRate * SLOWEST, this.#rate / 2);
    this.#slowedAt = this.#refilledAt;
  }

  /** AWS accepted a request. */
  onSuccess(): void {
    this.#refill();
    this.#rate = Math.min(this.#configuredRate, this.#rate + this.#configuredRate * RECOVERY);
  }

  /** Requests that wait for a token. */
  get waiting(): number {
    return this.#lines.urgent.length + this.#lines.inventory.length;
  }

  /** Tokens a second at the moment. */
  get callsPerSecond(): number {
    return this.#rate;
  }

  /** When a request last got its token, on the clock's monotonic time; -Infinity if none ever did. */
  get lastGrantAt(): number {
    return this.#lastGrantAt;
  }

  async #serve(): Promise<void> {
    this.#serving = new AbortController();
    while (this.waiting > 0) {
      this.#refill();
      const missing = 1 - this.#tokens;
      if (missing > ROUNDING) {
        const milliseconds = Math.ceil((missing / this.#rate) * 1000 - ROUNDING);
        // An abort means that the last one in line left, or that the refilling began; whoever is in line is served all the same.
        await this.#clock.sleep(milliseconds, this.#serving.signal).catch(() => {
          this.#serving = new AbortController();
        });
        continue;
      }
      if (this.#tokens >= this.#burst) {
        this.#refillPausedSince = this.#refilledAt;
      }
      this.#tokens -= 1;
      this.#lastGrantAt = this.#clock.monotonic();
      (this.#lines.urgent.shift() ?? this.#lines.inventory.shift())?.grant();
    }
    this.#serving = undefined;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    if (this.#refillPausedSince !== undefined) {
      this.#refilledAt = Math.max(this.#refillPausedSince, Math.min(now, this.#refillPausedSince + LONGEST_HOLD));
      if (now - this.#refillPausedSince < LONGEST_HOLD) {
        return;
      }
      this.#refillPausedSince = undefined;
    }
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#rate);
    this.#refilledAt = now;
  }
}

/** Throws a RangeError for limits with which no request would ever be sent. */
function assertUsable(callsPerSecond: number, burst: number): void {
  if (!(callsPerSecond > 0 && Number.isFinite(callsPerSecond))) {
    throw new RangeError(`requests per second must be more than 0, not ${callsPerSecond}`);
  }
  if (!(burst >= 1 && Number.isFinite(burst))) {
    throw new RangeError(`burst must be at least 1, not ${burst}`);
  }
}
