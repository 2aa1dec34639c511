import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { compareBy } from '../compare.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Precondition } from '../fleet/ports.ts';
import type { CallCount } from '../inventory/syncTracker.ts';
import { toFleetError } from './errors.ts';
import { type AwsOperation, type CallTarget, isChange, resourceOf } from './operations.ts';
import type { Priority, RateLimiter } from './rateLimiter.ts';

/** How often a request is sent, at most, while AWS throttles it. The bucket's falling rate is the pause between them. */
const THROTTLED_ATTEMPTS = 10;
/** How often a read is sent, at most, while no usable answer comes. */
const UNANSWERED_ATTEMPTS = 3;
/** How often a request is sent, at most, when the clock of this machine is wrong. */
const SKEWED_ATTEMPTS = 2;
/** The first pause after such an answer is at most this long, in milliseconds; the next ones twice as long each. */
const BACKOFF: Backoff = { baseMs: 500, maxMs: Number.POSITIVE_INFINITY };

/** One call of an API: what to send, and what to make of its answer. */
export interface AwsRequest<AwsResult, Result, Client = WorkSpacesClient> {
  readonly subject: CallTarget;
  send(client: Client, options: { readonly abortSignal?: AbortSignal }): Promise<AwsResult>;
  /** Throws a MalformedResponseError for one that can't be trusted. */
  parse(answer: AwsResult): Result;
  /** For a change: asked before each attempt. */
  readonly precondition?: Precondition | undefined;
}

/** How many requests of an operation and priority ended in one way; every attempt counts. */
export interface PriorityCallCount extends CallCount {
  readonly priority: Priority;
}

/** Told of each attempt. Durations are in milliseconds. */
export interface CallObserver {
  /** A request got its token after so long. */
  waited(priority: Priority, waited: number): void;
  /** A request was answered, or given up, so long after it was sent. */
  answered(operation: AwsOperation, result: CallCount['result'], took: number): void;
}

export interface RateLimitedClientOptions<Client = WorkSpacesClient> {
  readonly client: Client;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  /** From 0 up to 1, for the jitter of pauses. */
  readonly random: () => number;
  /** Aborted when the process stops: what isn't sent yet and reads under way are given up; a change under way is awaited. */
  readonly signal: AbortSignal;
  readonly observer?: CallObserver | undefined;
}

/**
 * Sends requests, each attempt with its own token of the bucket. A read is repeated when it was throttled or got no usable answer; a
 * change only when AWS refused to look at it, as otherwise it may have happened.
 */
export class RateLimitedClient<Client = WorkSpacesClient> {
  readonly #options: RateLimitedClientOptions<Client>;
  readonly #calls = new Map<string, PriorityCallCount>();

  constructor(options: RateLimitedClientOptions<Client>) {
    this.#options = options;
  }

  /** Rejects with a FleetError. */
  async send<AwsResult extends object, Result>(
    request: AwsRequest<AwsResult, Result, Client>,
    priority: Priority,
  ): Promise<Result> {
    const { rateLimiter, clock, observer } = this.#options;
    let throttled: FleetError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const askedAt = clock.monotonic();
      await this.#untilStopped(request.subject, (signal) => rateLimiter.acquire(priority, signal));
      observer?.waited(priority, clock.monotonic() - askedAt);
      if (request.precondition?.() === false) {
        throw throttled ?? cancelled(request.subject, 'given up, as it may no longer be made');
      }
      const sentAt = clock.monotonic();
      try {
        const result = await this.#attempt(request);
        rateLimiter.onResponse();
        rateLimiter.onSuccess();
        this.#count(request.subject, priority, 'Success', sentAt);
        return result;
      } catch (error) {
        const failure = error as FleetError;
        rateLimiter.onResponse();
        this.#count(request.subject, priority, failure.kind, sentAt);
        if (failure.kind === 'Throttled') {
          rateLimiter.onThrottle(sentAt);
          throttled = failure;
        }
        if (attempt >= attemptsAfter(failure, request.subject)) {
          throw failure;
        }
        if (failure.kind === 'Unavailable') {
          await this.#pause(request.subject, attempt);
        }
      }
    }
  }

  /** What was sent so far, sorted by operation, result and priority. */
  calls(): PriorityCallCount[] {
    return [...this.#calls].sort(compareBy(([key]) => key)).map(([, count]) => count);
  }

  async #attempt<AwsResult extends object, Result>({
    subject,
    send,
    parse,
  }: AwsRequest<AwsResult, Result, Client>): Promise<Result> {
    const { client, signal } = this.#options;
    let answer: (AwsResult & { $metadata?: unknown }) | undefined;
    try {
      answer = await send(client, isChange(subject) ? {} : { abortSignal: signal });
      return parse(answer);
    } catch (error) {
      throw toFleetError(error, subject, answer?.$metadata);
    }
  }

  #pause(subject: CallTarget, attempt: number): Promise<void> {
    const { clock, random } = this.#options;
    return this.#untilStopped(subject, (signal) => clock.sleep(random() * backoffDelay(BACKOFF, attempt - 1), signal));
  }

  async #untilStopped(subject: CallTarget, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await wait(this.#options.signal);
    } catch (error) {
      throw cancelled(subject, 'given up, as the process is stopping', error);
    }
  }

  #count({ operation }: CallTarget, priority: Priority, result: CallCount['result'], sentAt: number): void {
    const { observer, clock } = this.#options;
    observer?.answered(operation, result, clock.monotonic() - sentAt);
    const key = `${operation} ${result} ${priority}`;
    this.#calls.set(key, { priority, operation, result, count: (this.#calls.get(key)?.count ?? 0) + 1 });
  }
}

/** How often a request that failed so may be sent in all. */
function attemptsAfter(failure: FleetError, subject: CallTarget): number {
  if (failure.kind === 'Throttled') {
    return THROTTLED_ATTEMPTS;
  }
  if (isClockCorrected(failure.cause)) {
    return SKEWED_ATTEMPTS;
  }
  return failure.kind === 'Unavailable' && !isChange(subject) ? UNANSWERED_ATTEMPTS : 1;
}

/** AWS refused the time of the signature, and the SDK has set its clock by the answer's. */
function isClockCorrected(cause: unknown): boolean {
  return (
    (cause as { $metadata?: { clockSkewCorrected?: boolean } } | undefined)?.$metadata?.clockSkewCorrected === true
  );
}

function cancelled(subject: CallTarget, reason: string, cause?: unknown): FleetError {
  const { operation, page } = subject;
  return new FleetError({ kind: 'Cancelled', operation, resource: resourceOf(subject), page, reason }, { cause });
}
