import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';

/** Backoff of client-go's DefaultTypedItemBasedRateLimiter: 5 ms · 2^n up to 1000 s. */
const BACKOFF: Backoff = { baseMs: 5, maxMs: 1_000_000, jitter: 0 };

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Backoff of `addRateLimited`, counted for each key. */
  readonly backoff?: Backoff;
  readonly observer?: QueueObserver | undefined;
}

/**
 * Observer of a queue, called at the same moments as client-go's workqueue.MetricsProvider. Durations are in
 * milliseconds.
 */
export interface QueueObserver {
  /** Called when a key is added that isn't queued yet. */
  onAdd(): void;
  /** Called when a worker gets a key, with the time the key was queued. */
  onGet(queuedMs: number): void;
  /** Called when a worker is done with a key, with the processing time. */
  onDone(durationMs: number): void;
  /** Called when a key is added with a delay, which client-go calls a retry regardless of the reason. */
  onRetry(): void;
}

/** State of a queue. Times are monotonic. */
export interface QueueState {
  /** Number of queued keys, including keys that are being processed and were added again: client-go's depth. */
  readonly depth: number;
  /** Keys in process, and when their processing started. */
  readonly processing: ReadonlyMap<string, number>;
  /** Time since which the first queued key has waited. Undefined if no key waits for a worker. */
  readonly waitingSince: number | undefined;
  /** Due time of the first delayed key. Undefined if there is none. */
  readonly nextDue: number | undefined;
}

/**
 * client-go's rate limiting work queue (k8s.io/client-go/util/workqueue) for string keys, with its semantics:
 * - Fair and deduplicating: workers get keys in the order in which they were added, and only once, regardless of how
 *   often they were added before.
 * - No key is processed by two workers. A key that is added while it is processed is queued again after `done`.
 * - `addAfter` keeps the earliest due time of each key. It doesn't delay a plain `add`, which doesn't cancel it,
 *   either.
 * - `addRateLimited` counts failures until `forget`, which a worker calls when the key succeeded or is given up.
 * - After `shutDown`, no key is added and delayed keys are dropped, but workers still get the queued keys.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  /** Queued keys in order. Each is in `#dirty` and none is in `#processing`. */
  #queue: string[] = [];
  /**
   * Keys to process and the time when they were added (monotonic). `#processing` has the time when processing started.
   */
  readonly #dirty = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** Due times of delayed keys (monotonic). */
  readonly #due = new Map<string, number>();
  #timer: { readonly at: number; readonly cancel: AbortController } | undefined;
  #idleWorkers: ((key: string | undefined) => void)[] = [];
  #drainWaiters: (() => void)[] = [];
  #shuttingDown = false;

  constructor({ clock, random, backoff = BACKOFF, observer }: WorkQueueOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#backoff = backoff;
    this.#observer = observer;
  }

  /** Number of keys that wait for a worker, without keys in process and delayed keys. */
  get length(): number {
    return this.#queue.length;
  }

  /** State for metrics and health checks. */
  get state(): QueueState {
    const [first] = this.#queue;
    return {
      depth: this.#dirty.size,
      processing: this.#processing,
      waitingSince: first === undefined ? undefined : this.#dirty.get(first),
      nextDue: this.#timer?.at,
    };
  }

  add(key: string): void {
    if (this.#shuttingDown || this.#dirty.has(key)) {
      return;
    }
    this.#dirty.set(key, this.#clock.monotonic());
    this.#observer?.onAdd();
    if (!this.#processing.has(key)) {
      this.#enqueue(key);
    }
  }

  /** Adds the key after a delay in milliseconds, unless it is already due earlier. */
  addAfter(key: string, delayMs: number): void {
    if (this.#shuttingDown) {
      return;
    }
    this.#observer?.onRetry();
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + delayMs;
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? Number.POSITIVE_INFINITY));
    this.#setTimer(at);
  }

  /** Adds the key after its backoff, which grows with each call. */
  addRateLimited(key: string): void {
    const failures = this.numRequeues(key);
    this.#failures.set(key, failures + 1);
    this.addAfter(key, backoffDelay(this.#backoff, failures, this.#random));
  }

  /** Resets the backoff of the key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Returns the number of calls of `addRateLimited` since the last `forget`. */
  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * Resolves with the next key, for which the worker must call `done`. Resolves with undefined when the queue is shut
   * down and empty.
   */
  async get(): Promise<string | undefined> {
    const key = this.#queue.shift();
    if (key !== undefined) {
      return this.#startProcessing(key);
    }
    if (this.#shuttingDown) {
      return undefined;
    }
    return new Promise((resolve) => this.#idleWorkers.push(resolve));
  }

  /** Ends the processing of a key. Queues it again if it was added in the meantime. */
  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined) {
      return;
    }
    this.#processing.delete(key);
    this.#observer?.onDone(this.#clock.monotonic() - startedAt);
    if (this.#dirty.has(key)) {
      this.#enqueue(key);
    }
    this.#resolveDrained();
  }

  /** Accepts no more keys and ends idle workers. A pending drain resolves. */
  shutDown(): void {
    this.#close();
    for (const resolve of this.#drainWaiters.splice(0)) {
      resolve();
    }
  }

  /** Shuts down and resolves when no key is in process. */
  async shutDownWithDrain(): Promise<void> {
    this.#close();
    const drained = new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
    this.#resolveDrained();
    await drained;
  }

  #close(): void {
    this.#shuttingDown = true;
    this.#due.clear();
    this.#timer?.cancel.abort();
    this.#timer = undefined;
    for (const resolve of this.#idleWorkers.splice(0)) {
      resolve(undefined);
    }
  }

  #enqueue(key: string): void {
    const worker = this.#idleWorkers.shift();
    if (worker === undefined) {
      this.#queue.push(key);
    } else {
      worker(this.#startProcessing(key));
    }
  }

  #startProcessing(key: string): string {
    const now = this.#clock.monotonic();
    this.#observer?.onGet(now - (this.#dirty.get(key) ?? now));
    this.#processing.set(key, now);
    this.#dirty.delete(key);
    return key;
  }

  #resolveDrained(): void {
    if (this.#processing.size > 0) {
      return;
    }
    for (const resolve of this.#drainWaiters.splice(0)) {
      resolve();
    }
  }

  /** Sets the single timer of all delayed keys to the earliest due time. */
  #setTimer(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) {
      return;
    }
    this.#timer?.cancel.abort();
    const cancel = new AbortController();
    this.#timer = { at, cancel };
    this.#clock.sleep(at - this.#clock.monotonic(), cancel.signal).then(
      () => this.#addDueKeys(),
      () => {},
    );
  }

  #addDueKeys(): void {
    if (this.#shuttingDown) {
      return;
    }
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const due = [...this.#due].sort(([, a], [, b]) => a - b);
    for (const [key, at] of due) {
      if (at > now) {
        this.#setTimer(at);
        return;
      }
      this.#due.delete(key);
      this.add(key);
    }
  }
}
