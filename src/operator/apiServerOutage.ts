import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RequestResult } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';

/** The log tells of the same trouble no more often than so, in milliseconds. */
const TELL_EVERY = 60_000;
/** What a request is answered with where it isn't that request that is wrong: credentials, load, or what stands before the API server. */
const CODES_OF_THE_SERVER: ReadonlySet<number | undefined> = new Set([undefined, 401, 429, 502, 503]);

/**
 * While the API server can't be reached, or doesn't take the operator for anybody, everything fails that needs it: watches, leases, statuses,
 * Events. The log tells that once, and every minute again, and when it is over; not once for each that fails.
 */
export class OutageLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  #since: number | undefined;
  #failures = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Told of every request. */
  answered({ code }: Pick<RequestResult, 'code'>): void {
    if (CODES_OF_THE_SERVER.has(code)) {
      return;
    }
    const since = this.#since;
    this.#since = undefined;
    if (since !== undefined && this.#toldAt >= since) {
      const seconds = Math.round((this.#clock.monotonic() - since) / 1_000);
      this.#log.info({ seconds, failures: this.#failures }, 'the API server answers again');
    }
  }

  /** Whether the log tells already of what an error comes of, so that this one says nothing new. */
  suppresses(error: unknown): boolean {
    if (!(error instanceof ApiError) || !CODES_OF_THE_SERVER.has(error.code)) {
      return false;
    }
    const now = this.#clock.monotonic();
    if (this.#since === undefined) {
      this.#since = now;
      this.#failures = 0;
    }
    this.#failures++;
    if (now - this.#toldAt < TELL_EVERY) {
      return true;
    }
    this.#toldAt = now;
    return false;
  }
}
