import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { sanitize } from '../sanitize.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiError, messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { type KubeObject, objectKey, type Resource } from './resource.ts';
import { Store, type WatchChange } from './store.ts';
import { listAll, type Scope, watchEvents } from './watch.ts';

/** client-go's reflector: 800 ms to 30 s, doubled, and jittered by up to as much again. */
const BACKOFF: Backoff = { baseMs: 800, maxMs: 30_000, jitter: 1 };
/**
 * Above the interval of bookmarks, which is a minute. A resource that hasn't changed since the API server started gets none, so silence
 * is no failure: the watch goes on over a new connection, which heals one that was lost without a sign.
 */
const SILENCE_MS = 90_000;
/** client-go's minWatchTimeout: the server ends a watch after this, to twice this, so that not all end at once. */
const MIN_WATCH_SECONDS = 300;

export type ChangeHandler<T extends KubeObject> = (change: WatchChange<T>) => void;

/** Told how the watch of a resource goes: client-go's cache.MetricsProvider, as far as it tells of trouble. */
export interface WatchObserver {
  /** The resource was listed as a whole. */
  listed(resource: Resource): void;
  /** A watch was begun. */
  watching(resource: Resource): void;
  /** A list or a watch failed, and is tried again. */
  failed(resource: Resource): void;
}

export interface InformerOptions<T extends KubeObject> extends Scope {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called for each change in its order. One that throws is reported, and disturbs nothing. */
  readonly handlers: readonly ChangeHandler<T>[];
  readonly onError: OnError;
  readonly backoff?: Backoff;
  /** How long a watch may be silent before it goes on over a new connection, in milliseconds. */
  readonly idleTimeoutMs?: number;
  readonly observer?: WatchObserver | undefined;
}

/** One life of the reflector, from start to stop. What belongs to an aborted run changes nothing any more. */
interface Run {
  readonly stop: AbortController;
  /** Aborted to list anew. */
  refresh: AbortController;
  /** Who waits for a list that is yet to be asked for. */
  refreshed: PromiseWithResolvers<void>;
  readonly synced: PromiseWithResolvers<void>;
  ended: Promise<void>;
}

/**
 * Keeps a Store equal to what the API server holds of one resource: list, watch from there, and whatever goes wrong, report it, back
 * off and go on. Level-triggered: handlers may miss intermediate states, never the last one, nor a deletion.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #store: Store<T>;
  readonly #onError: OnError;
  #run: Run | undefined;
  #synced = false;
  #lastContactAt = Number.NEGATIVE_INFINITY;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#store = new Store(options.resource);
    this.#onError = safeHandler(options.onError);
  }

  /** Starts watching; does nothing if it has been started. */
  start(): void {
    if (this.#run !== undefined) {
      return;
    }
    const run: Run = {
      stop: new AbortController(),
      refresh: new AbortController(),
      refreshed: latch(),
      synced: latch(),
      ended: Promise.resolve(),
    };
    this.#run = run;
    this.#synced = false;
    run.ended = this.#supervise(run);
  }

  /** Ends the list, watch, authentication or wait that is under way; resolves when nothing is left of it. No handler is called afterwards. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) {
      return;
    }
    this.#run = undefined;
    const reason = new Error(`the watch of ${this.#options.resource.plural} was stopped`);
    run.stop.abort(reason);
    run.synced.reject(reason);
    run.refreshed.reject(reason);
    await run.ended;
  }

  /**
   * Lists anew. Resolves when the store is as the API server has it at some moment after the call; rejects when the signal is aborted, or
   * the reflector isn't running any more.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const run = this.#running();
    run.refresh.abort();
    await settledBefore(run.refreshed.promise, signal);
  }

  /** Whether the store has been complete since the start: before, an object that isn't in it may well exist. */
  hasSynced(): boolean {
    return this.#synced;
  }

  get resource(): Resource {
    return this.#options.resource;
  }

  /** When the API server last answered, on the clock's monotonic time: until then the store was as the API server's. */
  get lastContactAt(): number {
    return this.#lastContactAt;
  }

  /** Resolves when the store is complete; rejects when the signal is aborted, or the reflector isn't running. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    await settledBefore(this.#running().synced.promise, signal);
  }

  #running(): Run {
    if (this.#run === undefined) {
      throw new Error(`the watch of ${this.#options.resource.plural} isn't running`);
    }
    return this.#run;
  }

  /** The object with this key (`namespace/name`), deep-frozen. */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** All objects, deep-frozen, by key. */
  list(): T[] {
    return this.#store.list();
  }

  async #supervise(run: Run): Promise<void> {
    const { signal } = run.stop;
    let position: string | undefined;
    let failures = 0;
    // Counted by themselves: that the position is too old is the first answer after an outage, and the list mustn't wait for as long as that.
    let relists = 0;
    while (!signal.aborted) {
      try {
        if (run.refresh.signal.aborted) {
          position = undefined;
        }
        position ??= await this.#relist(run);
        for await (const next of this.#watch(position, AbortSignal.any([signal, run.refresh.signal]))) {
          position = next;
          failures = 0;
          relists = 0;
        }
        failures = 0;
        relists = 0;
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (run.refresh.signal.aborted && position !== undefined) {
          continue;
        }
        const goesOn = error instanceof ApiError && error.transient;
        if (!goesOn) {
          position = undefined;
        }
        await this.#backOff(error, goesOn ? failures++ : relists++, signal);
      }
    }
  }

  async #relist(run: Run): Promise<string> {
    const { client, observer, resource } = this.#options;
    const { refreshed } = run;
    // Whoever asks from here on waits for the next list: this one may tell of a moment before.
    run.refreshed = latch();
    run.refresh = new AbortController();
    try {
      const { items, resourceVersion } = await listAll<T>(client, this.#options, run.stop.signal);
      this.#heard();
      observer?.listed(resource);
      this.#deliver(this.#store.replace(items), run.stop.signal);
      run.stop.signal.throwIfAborted();
      this.#synced = true;
      run.synced.resolve();
      refreshed.resolve();
      return resourceVersion;
    } catch (error) {
      run.refreshed.promise.then(refreshed.resolve, refreshed.reject);
      throw error;
    }
  }

  /** Applies events as they come, and yields the position after each. */
  async *#watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { client, clock, random, resource, observer, idleTimeoutMs = SILENCE_MS } = this.#options;
    const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
    const started = clock.monotonic();
    let events = 0;
    const onOpen = () => {
      this.#heard();
      observer?.watching(resource);
    };
    const options = { resourceVersion, timeoutSeconds, idleTimeoutMs, onOpen };
    for await (const event of watchEvents<T>(client, this.#options, options, signal)) {
      signal.throwIfAborted();
      this.#heard();
      events++;
      if (event.type === 'DELETED') {
        this.#deliver(this.#store.delete(event.object), signal);
      } else if (event.type !== 'BOOKMARK') {
        this.#deliver(this.#store.put(event.object), signal);
      }
      yield event.resourceVersion;
    }
    // As in client-go: a server or proxy that ends every watch at once must not be asked in a tight loop.
    if (events === 0 && clock.monotonic() - started < 1000) {
      throw ApiError.unanswered({ ...this.#options, verb: 'watch' }, 'the watch was ended at once, without an event');
    }
  }

  #heard(): void {
    this.#lastContactAt = this.#options.clock.monotonic();
  }

  #deliver(changes: Iterable<WatchChange<T>>, signal: AbortSignal): void {
    for (const change of changes) {
      for (const handler of this.#options.handlers) {
        this.#call(handler, change);
        // A handler may stop the reflector: changes that aren't taken are found again by the next start.
        if (signal.aborted) {
          return;
        }
      }
    }
  }

  /** A handler may be async, whatever its type says: its rejection must not end the process. */
  #call(handler: ChangeHandler<T>, change: WatchChange<T>): void {
    const report = (cause: unknown) => {
      const what = `${this.#options.resource.kind} ${objectKey(change.object.metadata)}`;
      const message = `a handler failed on the change (${change.type}) of ${what}: ${messageOf(cause)}`;
      this.#onError({ message: sanitize(message, 1024), cause });
    };
    try {
      const result: unknown = handler(change);
      if (result instanceof Promise) {
        result.catch(report);
      }
    } catch (error) {
      report(error);
    }
  }

  async #backOff(cause: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random, resource, observer, backoff = BACKOFF } = this.#options;
    observer?.failed(resource);
    const asked = Math.min((cause instanceof ApiError && cause.retryAfterMs) || 0, backoff.maxMs);
    const delayMs = Math.max(asked, backoffDelay(backoff, failures, random));
    const message = `${messageOf(cause)}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
    this.#onError({ message: sanitize(message, 2048), cause });
    await clock.sleep(delayMs, signal).catch(() => {});
  }
}

/** A promise that may be rejected though nobody waits for it. */
function latch(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

/** Settles as the promise does; rejects with the signal's reason if that is aborted first. */
async function settledBefore(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
