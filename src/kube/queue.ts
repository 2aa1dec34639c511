import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { DelayedKeys } from './delayedKeys.ts';
import { type Flow, Slots, type Waiter } from './slots.ts';

/** Backoff of client-go's DefaultTypedItemBasedRateLimiter: 5 ms · 2^n up to 1000 s. */
const BACKOFF: Backoff = { baseMs: 5, maxMs: 1_000_000, jitter: 0 };

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Backoff of `addRateLimited`, counted for each key. */
  readonly backoff?: Backoff;
  /** Returns the flow of a key when the key is queued. Defaults to one flow for all keys. */
  readonly flowOf?: (key: string) => Flow;
  /** Maximum number of keys of a group that are processed at the same time. Defaults to no limit. */
  readonly slotsPerGroup?: number;
  readonly observer?: QueueObserver | undefined;
}

const ONE_FLOW: Flow = { group: '', flow: '' };

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
  /** Keys that hold a slot, and since when. */
  readonly slots: ReadonlyMap<string, number>;
  /** Time since which a queued key whose group has a free slot has waited. Undefined if there is none. */
  readonly waitingSince: number | undefined;
  /** Due time of the first delayed key. Undefined if there is none. */
  readonly nextDue: number | undefined;
}

/**
 * client-go's rate limiting work queue (k8s.io/client-go/util/workqueue) for string keys, with its semantics:
 * - Fair and deduplicating: workers get the keys of a flow in the order in which they were added, and only once,
 *   regardless of how often they were added before. Groups, and the flows of a group, are served in turn.
 * - No key is processed by two workers. A key that is added while it is processed is queued again after `done`.
 * - `addAfter` keeps the earliest due time of each key. It doesn't delay a plain `add`, which doesn't cancel it,
 *   either.
 * - `addRateLimited` counts failures until `forget`, which a worker calls when the key succeeded or is given up.
 * - After `shutDown`, no key is added and delayed keys are dropped, but workers still get the queued keys.
 *
 * A key in process holds a slot of its group. `releaseWhile` gives it to other keys while the key waits.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  readonly #flowOf: (key: string) => Flow;
  readonly #slots: Slots;
  /** Number of queued keys. Each is in `#dirty` and none is in `#processing`. */
  #length = 0;
  /**
   * Keys to process and the time when they were added (monotonic). `#processing` has the time when processing started.
   */
  readonly #dirty = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #delayed: DelayedKeys;
  readonly #idleWorkers: ((key: string | undefined) => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];
  #shuttingDown = false;

  constructor(options: WorkQueueOptions) {
    const {
      clock,
      random,
      backoff = BACKOFF,
      flowOf = () => ONE_FLOW,
      slotsPerGroup = Number.POSITIVE_INFINITY,
    } = options;
    this.#clock = clock;
    this.#random = random;
    this.#backoff = backoff;
    this.#flowOf = flowOf;
    this.#slots = new Slots(clock, slotsPerGroup);
    this.#delayed = new DelayedKeys(clock, (key) => this.add(key));
    this.#observer = options.observer;
  }

  /** Number of keys that wait for a worker, without keys in process and delayed keys. */
  get length(): number {
    return this.#length;
  }

  /** State for metrics and health checks. */
  get state(): QueueState {
    return {
      depth: this.#dirty.size,
      processing: this.#processing,
      slots: this.#slots.since,
      waitingSince: this.#waitingSince,
      nextDue: this.#delayed.nextDue,
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
    this.#delayed.add(key, delayMs);
  }

  /**
   * Adds the key after its backoff, which grows with each call.
   *
   * @param delayOf returns the delay after a number of earlier failures. Defaults to the backoff of the queue.
   */
  addRateLimited(
    key: string,
    delayOf: (failures: number) => number = (failures) => backoffDelay(this.#backoff, failures, this.#random),
  ): void {
    const failures = this.numRequeues(key);
    this.#failures.set(key, failures + 1);
    this.addAfter(key, delayOf(failures));
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
  get(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#idleWorkers.push(resolve);
      this.#dispatch();
    });
  }

  /**
   * Gives the slot of a key in process to other keys until a promise settles, and until the key has a slot again. The
   * key gets it before queued keys of its flow. Resolves or rejects like the promise.
   */
  async releaseWhile<T>(key: string, wait: Promise<T>): Promise<T> {
    const flow = this.#flowOf(key);
    this.#freeSlot(key);
    try {
      return await wait;
    } finally {
      await new Promise<void>((resume) => {
        this.#slots.unshift({ key, flow, resume });
        this.#dispatch();
      });
    }
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
    this.#freeSlot(key);
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
    this.#delayed.close();
    this.#dispatch();
  }

  #enqueue(key: string): void {
    this.#slots.push({ key, flow: this.#flowOf(key) });
    this.#length++;
    this.#dispatch();
  }

  /** Gives free slots to waiting keys. Ends idle workers if the queue is shut down and empty. */
  #dispatch(): void {
    for (let next = this.#takeSlot(); next !== undefined; next = this.#takeSlot()) {
      const { key, resume } = next;
      if (resume === undefined) {
        this.#length--;
        this.#idleWorkers.shift()?.(this.#startProcessing(key));
      } else {
        resume();
      }
    }
    if (this.#shuttingDown && this.#length === 0) {
      for (const resolve of this.#idleWorkers.splice(0)) {
        resolve(undefined);
      }
    }
  }

  /** Gives a slot to the next waiting key that, if it is queued, also gets a worker. */
  #takeSlot(): Waiter | undefined {
    return this.#slots.take(({ resume }) => resume !== undefined || this.#idleWorkers.length > 0);
  }

  #freeSlot(key: string): void {
    this.#slots.free(key);
    this.#dispatch();
  }

  get #waitingSince(): number | undefined {
    const times = this.#slots.queuedHeads.flatMap((key) => this.#dirty.get(key) ?? []);
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
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
}
