import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { FleetError } from '../fleet/errors.ts';
import type { CallRecorder, Precondition } from '../fleet/ports.ts';
import type { CallCount } from '../inventory/syncTracker.ts';
import { toFleetError } from './errors.ts';
import { flowOfWork } from './flow.ts';
import { type AwsOperation, type CallTarget, isChange, resourceOf } from './operations.ts';
import type { Priority, RateLimiter } from './rateLimiter.ts';

/** Maximum number of attempts while AWS throttles a request. The falling rate of the limiter separates them. */
const MAX_THROTTLED_ATTEMPTS = 10;
/** Maximum number of attempts of a read that gets no usable response. */
const MAX_UNAVAILABLE_ATTEMPTS = 3;
/** Maximum number of attempts if the clock of this machine is wrong. */
const MAX_SKEWED_ATTEMPTS = 2;
/** Maximum pause between attempts of a read that gets no usable response. */
const UNAVAILABLE_BACKOFF: Backoff = { baseMs: 500, maxMs: Number.POSITIVE_INFINITY };

/** API call: how to send it, and how to parse its response. */
export interface AwsRequest<AwsResult, Result, Client = WorkSpacesClient> {
  readonly target: CallTarget;
  send(client: Client, options: { readonly abortSignal?: AbortSignal }): Promise<AwsResult>;
  /** Throws a MalformedResponseError for an invalid response. */
  parse(response: AwsResult): Result;
  /** Checked before each attempt of a change. */
  readonly precondition?: Precondition | undefined;
  /** Records a change. */
  readonly recorder?: CallRecorder | undefined;
  /** Cancels a read. Defaults to the signal of the client. */
  readonly signal?: AbortSignal | undefined;
}

/** Number of requests by operation, result, and priority. Every attempt counts. */
export interface PriorityCallCount extends CallCount {
  readonly priority: Priority;
}

/** Observer of attempts. */
export interface CallObserver {
  /** Called when a request got its token, with the waiting time in milliseconds. */
  onWait(priority: Priority, waitedMs: number): void;
  /** Called when a response arrived or the request was given up, with the time since it was sent, in milliseconds. */
  onResponse(operation: AwsOperation, result: CallCount['result'], durationMs: number): void;
}

export interface RateLimitedClientOptions<Client = WorkSpacesClient> {
  readonly client: Client;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  /** Returns a number from 0 up to 1, for the jitter of pauses. */
  readonly random: () => number;
  /**
   * Aborted when the process stops. Unsent requests and pending reads are canceled; a change that was sent is awaited.
   */
  readonly signal: AbortSignal;
  readonly observer?: CallObserver | undefined;
  /** Called when AWS accepted a change, with the request ID of the response. */
  readonly onChange?: ((requestID: string) => void) | undefined;
}

/**
 * Sends requests. Each attempt takes its own token from the rate limiter. A read is repeated after throttling and after
 * an unusable response. A change is repeated only if AWS rejected it unprocessed; otherwise it may have been made.
 */
export class RateLimitedClient<Client = WorkSpacesClient> {
  readonly #options: RateLimitedClientOptions<Client>;
  readonly #calls = new Map<string, PriorityCallCount>();

  constructor(options: RateLimitedClientOptions<Client>) {
    this.#options = options;
  }

  /** Sends a request and returns its parsed result. Rejects with a FleetError. */
  async send<AwsResult extends object, Result>(
    request: AwsRequest<AwsResult, Result, Client>,
    priority: Priority,
  ): Promise<Result> {
    const { rateLimiter, clock, observer } = this.#options;
    let throttled: FleetError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const queuedAt = clock.monotonic();
      await this.#untilStopped(request, (signal) => rateLimiter.acquire(priority, signal, flowOfWork()));
      observer?.onWait(priority, clock.monotonic() - queuedAt);
      requirePrecondition(request, throttled);
      if (attempt === 1 && request.recorder !== undefined) {
        await request.recorder.beforeSend();
        requirePrecondition(request, throttled);
      }
      const sentAt = clock.monotonic();
      try {
        const result = await this.#attempt(request);
        rateLimiter.onResponse();
        rateLimiter.onSuccess();
        this.#count(request.target, priority, 'Success', sentAt);
        return result;
      } catch (error) {
        const failure = error as FleetError;
        rateLimiter.onResponse();
        this.#count(request.target, priority, failure.kind, sentAt);
        if (failure.kind === 'Throttled') {
          rateLimiter.onThrottle(sentAt);
          throttled = failure;
        }
        if (attempt >= maxAttempts(failure, request.target)) {
          throw failure;
        }
        if (failure.kind === 'Unavailable') {
          await this.#pause(request, attempt);
        }
      }
    }
  }

  /** Returns the number of requests, sorted by operation, result, and priority. */
  calls(): PriorityCallCount[] {
    return [...this.#calls].sort(compareBy(([key]) => key)).map(([, count]) => count);
  }

  async #attempt<AwsResult extends object, Result>({
    target,
    send,
    parse,
    recorder,
    signal,
  }: AwsRequest<AwsResult, Result, Client>): Promise<Result> {
    const { client, onChange } = this.#options;
    let response: (AwsResult & { $metadata?: { requestId?: unknown } }) | undefined;
    const onResponse = (requestID: unknown) => typeof requestID === 'string' && recorder?.onResponse(requestID);
    try {
      response = await send(client, isChange(target) ? {} : { abortSignal: this.#signalOf(signal) });
      const requestID = response.$metadata?.requestId;
      onResponse(requestID);
      if (isChange(target) && typeof requestID === 'string') {
        onChange?.(requestID);
      }
      return parse(response);
    } catch (error) {
      const failure = toFleetError(error, target, response?.$metadata);
      onResponse(failure.details.requestId);
      throw failure;
    }
  }

  /** Returns a signal that is aborted with the client or with a request. */
  #signalOf(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#options.signal : AbortSignal.any([this.#options.signal, signal]);
  }

  #pause(request: Cancelable, attempt: number): Promise<void> {
    const { clock, random } = this.#options;
    return this.#untilStopped(request, (signal) =>
      clock.sleep(random() * backoffDelay(UNAVAILABLE_BACKOFF, attempt - 1), signal),
    );
  }

  async #untilStopped({ target, signal }: Cancelable, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await wait(this.#signalOf(signal));
    } catch (error) {
      throw canceled(target, 'canceled because the process is stopping', error);
    }
  }

  #count({ operation }: CallTarget, priority: Priority, result: CallCount['result'], sentAt: number): void {
    const { observer, clock } = this.#options;
    observer?.onResponse(operation, result, clock.monotonic() - sentAt);
    const key = `${operation} ${result} ${priority}`;
    this.#calls.set(key, { priority, operation, result, count: (this.#calls.get(key)?.count ?? 0) + 1 });
  }
}

type Cancelable = Pick<AwsRequest<never, never>, 'target' | 'signal'>;

/** Returns the maximum number of attempts of a request with this failure. */
function maxAttempts(failure: FleetError, target: CallTarget): number {
  if (failure.kind === 'Throttled') {
    return MAX_THROTTLED_ATTEMPTS;
  }
  if (isClockCorrected(failure.cause)) {
    return MAX_SKEWED_ATTEMPTS;
  }
  return failure.kind === 'Unavailable' && !isChange(target) ? MAX_UNAVAILABLE_ATTEMPTS : 1;
}

/** Whether AWS rejected the time of the signature and the SDK has corrected its clock by the response. */
function isClockCorrected(cause: unknown): boolean {
  return (
    (cause as { $metadata?: { clockSkewCorrected?: boolean } } | undefined)?.$metadata?.clockSkewCorrected === true
  );
}

/** Throws a FleetError if the precondition of a change doesn't hold. */
function requirePrecondition(
  { precondition, target }: Pick<AwsRequest<never, never>, 'precondition' | 'target'>,
  throttled: FleetError | undefined,
): void {
  if (precondition?.() === false) {
    throw throttled ?? canceled(target, 'canceled because a precondition of the change no longer holds');
  }
}

function canceled(target: CallTarget, reason: string, cause?: unknown): FleetError {
  const { operation, page } = target;
  return new FleetError({ kind: 'Canceled', operation, resource: resourceOf(target), page, reason }, { cause });
}
