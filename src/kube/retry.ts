import { type Backoff, backoffDelay } from '../backoff.ts';
import { ApiError } from './apiError.ts';

/** Backoff of requests to the API server that can succeed without a manual change. */
const TRANSIENT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 60_000 };
/** Maximum random part of a delay to add, so that many requests that failed together don't return together. */
const MAX_JITTER = 0.2;
/** Maximum delay that the API server, or a proxy in between, can demand. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** Codes of failures that end when someone changes the cluster: credentials, permissions, CRDs, and conflicts. */
const EXTERNAL_CODES: ReadonlySet<number | undefined> = new Set([401, 403, 404, 409]);

/** Whether the same request can succeed later without a change of the operator. */
export function canSucceedLater({ code, transient }: ApiError): boolean {
  return transient || EXTERNAL_CODES.has(code);
}

/**
 * Returns the delay before a failed request is sent again, in milliseconds: from 1 to 60 s, and never less than the API server demands in
 * `Retry-After`. Returns undefined if the request isn't retried.
 *
 * @param failures number of earlier failures in a row
 * @param random returns a number from 0 to 1
 * @param isRetried whether an error is retried. Defaults to transient errors.
 */
export function requestRetryDelay(
  error: unknown,
  failures: number,
  random: () => number,
  isRetried: (error: ApiError) => boolean = ({ transient }) => transient,
): number | undefined {
  if (!(error instanceof ApiError && isRetried(error))) {
    return undefined;
  }
  const demandedMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return Math.max(demandedMs, backoffDelay(TRANSIENT_BACKOFF, failures)) * (1 + random() * MAX_JITTER);
}
