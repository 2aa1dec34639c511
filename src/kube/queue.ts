import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';

/** client-go's DefaultTypedItemBasedRateLimiter: 5 ms · 2^n up to 1000 s. */
const BACKOFF: Backoff = { baseMs: 5, maxMs: 1_000_000, jitter: 0 };

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Of `addRateLimited`, for each key on its own. */
  readonly backoff?: Backoff;
  readonly observer?: QueueObserver | undefined;
}

/** Told what happens in a queue, as client-go's workqueue.MetricsProvider is, at the same moments. Durations are in milliseconds. */
export interface QueueObserver {
  /** A key was added that didn't wait yet. */
  added(): void;
  /** A key was handed out that had waited so long. */
  handedOut(waited: number): void;
  /** A key was processed for so long. */
  processed(took: number): void;
  /** A key was added for later, which client-go calls a retry whatever the reason. */
  retried(): void;
}

/** What a queue holds at the moment. Times are the clock's monotonic ones. */
export interface QueueState {
  /** Keys that are to be handed out, those included that are processed meanwhile: client-go's depth. */
  readonly depth: number;
  /** The keys that workers are at, and since when. */
  readonly processing: ReadonlyMap<string, number>;
  /** Since when the first in line has been due; undefined if no key waits for a worker. */
  readonly waitingSince: number | undefined;
  /** When the first of the delayed keys is due, or was; undefined if there is none. */
  readonly nextDue: number | undefined;
}

/**
 * client-go's rate limiting work queue (k8s.io/client-go/util/workqueue) for string keys, with its semantics:
 * - fair and deduplicating: keys are handed out in the order they were added, and once however often they were added before;
 * - a key is never handed out to two workers: added while it is processed, it is handed out again after `done`;
 * - `addAfter` keeps one due time for each key, the earliest; it doesn't delay a plain `add`, and isn't taken back by one;
 * - `addRateLimited` counts failures until `forget`, which a worker calls when the key succeeded or is given up;
 * - after `shutDown` nothing is added, delayed keys are dropped, and what is queued is still handed out.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  /** What is to be handed out, in order: each is in #dirty, and none in #processing. */
  #queue: string[] = [];
  /** Since when, on the monotonic clock; and so #processing. */
  readonly #dirty = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** Due times of delayed keys, on the monotonic clock. */
  readonly #due = new Map<string, number>();
  #alarm: { readonly at: number; readonly cancel: AbortController } | undefined;
  #workers: ((key: string | undefined) => void)[] = [];
  #drained: (() => void)[] = [];
  #shuttingDown = false;

  constructor({ clock, random, backoff = BACKOFF, observer }: WorkQueueOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#backoff = backoff;
    this.#observer = observer;
  }

  /** Keys that wait for a worker; not those that are processed or delayed. */
  get length(): number {
    return this.#queue.length;
  }

  /** For metrics and health. */
  get state(): QueueState {
    const [first] = this.#queue;
    return {
      depth: this.#dirty.size,
      processing: this.#processing,
      waitingSince: first === undefined ? undefined : this.#dirty.get(first),
      nextDue: this.#alarm?.at,
    };
  }

  add(key: string): void {
    if (this.#shuttingDown || this.#dirty.has(key)) {
      return;
    }
    this.#dirty.set(key, this.#clock.monotonic());
    this.#observer?.added();
    if (!this.#processing.has(key)) {
      this.#enqueue(key);
    }
  }

  /** Adds the key in `ms` milliseconds, unless an earlier time is set for it already. */
  addAfter(key: string, ms: number): void {
    if (this.#shuttingDown) {
      return;
    }
    this.#observer?.retried();
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + ms;
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? Number.POSITIVE_INFINITY));
    this.#setAlarm(at);
  }

  /** Adds the key after its backoff, which grows with every call. */
  addRateLimited(key: string): void {
    const failures = this.numRequeues(key);
    this.#failures.set(key, failures + 1);
    this.addAfter(key, backoffDelay(this.#backoff, failures, this.#random));
  }

  /** Starts the key's backoff anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key was added by `addRateLimited` since it was last forgotten. */
  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; the worker owes a `done` for it. Undefined: the queue is shut down, and empty. */
  async get(): Promise<string | undefined> {
    const key = this.#queue.shift();
    if (key !== undefined) {
      return this.#handOut(key);
    }
    if (this.#shuttingDown) {
      return undefined;
    }
    return new Promise((resolve) => this.#workers.push(resolve));
  }

  /** Ends the processing of a key; hands it out again if it was added meanwhile. */
  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined) {
      return;
    }
    this.#processing.delete(key);
    this.#observer?.processed(this.#clock.monotonic() - startedAt);
    if (this.#dirty.has(key)) {
      this.#enqueue(key);
    }
    this.#settleDrain();
  }

  /** Takes no more keys, and lets the workers end. A drain that is under way is given up. */
  shutDown(): void {
    this.#close();
    for (const resolve of this.#drained.splice(0)) {
      resolve();
    }
  }

  /** As shutDown; resolves once no key is processed any more. */
  async shutDownWithDrain(): Promise<void> {
    this.#close();
    const drained = new Promise<void>((resolve) => this.#drained.push(resolve));
    this.#settleDrain();
    await drained;
  }

  #close(): void {
    this.#shuttingDown = true;
    this.#due.clear();
    this.#alarm?.cancel.abort();
    this.#alarm = undefined;
    for (const resolve of this.#workers.splice(0)) {
      resolve(undefined);
    }
  }

  #enqueue(key: string): void {
    const worker = this.#workers.shift();
    if (worker === undefined) {
      this.#queue.push(key);
    } else {
      worker(this.#handOut(key));
    }
  }

  #handOut(key: string): string {
    const now = this.#clock.monotonic();
    this.#observer?.handedOut(now - (this.#dirty.get(key) ?? now));
    this.#processing.set(key, now);
    this.#dirty.delete(key);
    return key;
  }

  #settleDrain(): void {
    if (this.#processing.size > 0) {
      return;
    }
    for (const resolve of this.#drained.splice(0)) {
      resolve();
    }
  }

  /** One timer for all delayed keys, set to the earliest. */
  #setAlarm(at: number): void {
    if (this.#alarm !== undefined && this.#alarm.at <= at) {
      return;
    }
    this.#alarm?.cancel.abort();
    const cancel = new AbortController();
    this.#alarm = { at, cancel };
    this.#clock.sleep(at - this.#clock.monotonic(), cancel.signal).then(
      () => this.#release(),
      () => {},
    );
  }

  #release(): void {
    if (this.#shuttingDown) {
      return;
    }
    this.#alarm = undefined;
    const now = this.#clock.monotonic();
    const due = [...this.#due].sort(([, a], [, b]) => a - b);
    for (const [key, at] of due) {
      if (at > now) {
        this.#setAlarm(at);
        return;
      }
      this.#due.delete(key);
      this.add(key);
    }
  }
}
