import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RequestResult } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';

/** Minimum interval between two log lines about the same outage. */
const LOG_INTERVAL_MS = 60_000;
/** HTTP status codes of an outage instead of a faulty request: invalid credentials, overload, or a failing proxy. Undefined for no response. */
const OUTAGE_CODES: ReadonlySet<number | undefined> = new Set([undefined, 401, 429, 502, 503]);

/**
 * Logs outages of the API server. During an outage, all watches, leases, statuses, and Events fail. The log shows one
 * line when the outage starts, one per minute, and one when it ends.
 */
export class OutageLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  #since: number | undefined;
  #failures = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Records the result of a request. */
  onResponse({ code }: Pick<RequestResult, 'code'>): void {
    if (OUTAGE_CODES.has(code)) {
      return;
    }
    const since = this.#since;
    this.#since = undefined;
    if (since !== undefined && this.#loggedAt >= since) {
      const seconds = Math.round((this.#clock.monotonic() - since) / 1_000);
      this.#log.info({ seconds, failures: this.#failures }, 'the API server is reachable again');
    }
  }

  /** Whether an error is part of an outage that was logged recently, so that it needs no log line. */
  suppresses(error: unknown): boolean {
    if (!(error instanceof ApiError) || !OUTAGE_CODES.has(error.code)) {
      return false;
    }
    const now = this.#clock.monotonic();
    if (this.#since === undefined) {
      this.#since = now;
      this.#failures = 0;
    }
    this.#failures++;
    if (now - this.#loggedAt < LOG_INTERVAL_MS) {
      return true;
    }
    this.#loggedAt = now;
    return false;
  }
}
