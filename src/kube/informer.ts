import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { sanitize } from '../sanitize.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiError, messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { type KubeObject, objectKey, type Resource } from './resource.ts';
import { Store, type Transform, type WatchChange } from './store.ts';
import { listAll, type Scope, watchEvents } from './watch.ts';

/** Backoff of client-go's reflector: 800 ms to 30 s, doubled, with jitter of up to 100%. */
const BACKOFF: Backoff = { baseMs: 800, maxMs: 30_000, jitter: 1 };
/**
 * Time without events after which a watch continues over a new connection. It exceeds the interval of bookmarks, one
 * minute. A resource that hasn't changed since the API server started gets no bookmarks, so silence isn't an error, but
 * a new connection replaces one that was lost silently.
 */
const IDLE_TIMEOUT_MS = 90_000;
/**
 * Time within which a watch sends the changes from before its start. Over a slow connection, it takes longer than a round trip. Until then,
 * a change doesn't show that later ones have arrived. A bookmark does.
 */
const CATCH_UP_MS = 10_000;
/**
 * client-go's minWatchTimeout: the server ends a watch after once to twice this time, so that watches don't end
 * simultaneously.
 */
const MIN_WATCH_SECONDS = 300;

export type ChangeHandler<T extends KubeObject> = (change: WatchChange<T>) => void;

/** Observer of lists and watches, similar to client-go's cache.MetricsProvider. */
export interface WatchObserver {
  /** Called after all pages of a list were read. */
  onList(resource: Resource): void;
  /** Called when the API server accepted a watch. */
  onWatchStart(resource: Resource): void;
  /** Called when a list or a watch failed, before it is retried. */
  onWatchFailure(resource: Resource): void;
}

export interface InformerOptions<T extends KubeObject> extends Scope {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** Handlers that are called in order for each change. An exception is reported and affects nothing else. */
  readonly handlers?: readonly ChangeHandler<T>[];
  /** Changes each object before it is stored. */
  readonly transform?: Transform<T> | undefined;
  readonly onError: OnError;
  readonly backoff?: Backoff;
  /**
   * Time without events after which a watch continues over a new connection, in milliseconds. Defaults to 90 seconds.
   */
  readonly idleTimeoutMs?: number;
  readonly observer?: WatchObserver | undefined;
}

/** State of the informer between start and stop. An aborted run has no further effect. */
interface Run {
  readonly stop: AbortController;
  /** Aborted to list again. */
  refresh: AbortController;
  /** Resolved by the next list that starts. */
  refreshed: PromiseWithResolvers<void>;
  readonly synced: PromiseWithResolvers<void>;
  ended: Promise<void>;
}

/**
 * Keeps a Store equal to the objects of one resource in the API server: lists, watches from there, and after an error
 * reports it, backs off, and continues. Level-triggered: handlers can miss intermediate states, but never the last
 * state or a deletion.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers: ChangeHandler<T>[];
  readonly #onError: OnError;
  #run: Run | undefined;
  #synced = false;
  #lastContactAt = Number.NEGATIVE_INFINITY;
  /** Start of the open watch, or -Infinity without one. */
  #openedAt = Number.NEGATIVE_INFINITY;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#handlers = [...(options.handlers ?? [])];
    this.#store = new Store(options.resource, options.transform);
    this.#onError = safeHandler(options.onError);
  }

  /** Adds a handler for later changes. */
  addEventHandler(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Starts watching, unless already started. */
  start(): void {
    if (this.#run !== undefined) {
      return;
    }
    const run: Run = {
      stop: new AbortController(),
      refresh: new AbortController(),
      refreshed: createLatch(),
      synced: createLatch(),
      ended: Promise.resolve(),
    };
    this.#run = run;
    this.#synced = false;
    run.ended = this.#supervise(run);
  }

  /**
   * Stops watching. Resolves when the pending list, watch, authentication, or wait has ended. No handler is called
   * afterward.
   */
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
   * Lists again. Resolves when the store has a state that the API server had after the call. Rejects when the signal is
   * aborted or the informer stops.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const run = this.#running();
    run.refresh.abort();
    await settleOrAbort(run.refreshed.promise, signal);
  }

  /** Whether the store has been complete since the start. Before, an object that isn't in the store can exist. */
  hasSynced(): boolean {
    return this.#synced;
  }

  get resource(): Resource {
    return this.#options.resource;
  }

  /** Time of the last contact with the API server (monotonic). Until then, the store was up to date. */
  get lastContactAt(): number {
    return this.#hasCaughtUp() ? Math.max(this.#openedAt, this.#lastContactAt) : this.#lastContactAt;
  }

  /** Resolves when the store is complete. Rejects when the signal is aborted or the informer isn't running. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    await settleOrAbort(this.#running().synced.promise, signal);
  }

  #running(): Run {
    if (this.#run === undefined) {
      throw new Error(`the watch of ${this.#options.resource.plural} isn't running`);
    }
    return this.#run;
  }

  /** Returns the object with this key (`namespace/name`), deeply frozen. */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** Returns all objects, deeply frozen and sorted by key. */
  list(): T[] {
    return this.#store.list();
  }

  async #supervise(run: Run): Promise<void> {
    const { signal } = run.stop;
    let resourceVersion: string | undefined;
    let failures = 0;
    // Counted separately: after an outage, the first error is often an expired resourceVersion, and the list must not
    // inherit the long backoff.
    let relistFailures = 0;
    while (!signal.aborted) {
      try {
        if (run.refresh.signal.aborted) {
          resourceVersion = undefined;
        }
        resourceVersion ??= await this.#relist(run);
        for await (const next of this.#watch(resourceVersion, AbortSignal.any([signal, run.refresh.signal]))) {
          resourceVersion = next;
          failures = 0;
          relistFailures = 0;
        }
        failures = 0;
        relistFailures = 0;
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (run.refresh.signal.aborted && resourceVersion !== undefined) {
          continue;
        }
        const canResume = error instanceof ApiError && error.transient;
        if (!canResume) {
          resourceVersion = undefined;
        }
        await this.#backOff(error, canResume ? failures++ : relistFailures++, signal);
      }
    }
  }

  async #relist(run: Run): Promise<string> {
    const { client, clock, observer, resource } = this.#options;
    const { refreshed } = run;
    const startedAt = clock.monotonic();
    // Later calls of `refresh` wait for the next list because this one may return an earlier state.
    run.refreshed = createLatch();
    run.refresh = new AbortController();
    try {
      const { items, resourceVersion } = await listAll<T>(client, this.#options, run.stop.signal);
      this.#recordContact(startedAt);
      observer?.onList(resource);
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

  /** Applies events and yields the resourceVersion after each. */
  async *#watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const { client, clock, random, resource, observer, idleTimeoutMs = IDLE_TIMEOUT_MS } = this.#options;
    const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
    const startedAt = clock.monotonic();
    let events = 0;
    const onOpen = () => {
      this.#openedAt = clock.monotonic();
      observer?.onWatchStart(resource);
    };
    const options = { resourceVersion, timeoutSeconds, idleTimeoutMs, onOpen };
    try {
      for await (const event of watchEvents<T>(client, this.#options, options, signal)) {
        signal.throwIfAborted();
        events++;
        if (event.type === 'BOOKMARK' || this.#hasCaughtUp()) {
          this.#recordContact(clock.monotonic());
        }
        if (event.type === 'DELETED') {
          this.#deliver(this.#store.delete(event.object), signal);
        } else if (event.type !== 'BOOKMARK') {
          this.#deliver(this.#store.put(event.object), signal);
        }
        yield event.resourceVersion;
      }
      // A watch that the server ended has sent all changes.
      this.#recordContact(this.#openedAt);
    } finally {
      this.#recordContact(this.lastContactAt);
      this.#openedAt = Number.NEGATIVE_INFINITY;
    }
    // As in client-go: back off if a server or proxy ends every watch immediately.
    if (events === 0 && clock.monotonic() - startedAt < 1000) {
      throw ApiError.unanswered(
        { ...this.#options, verb: 'watch' },
        'the server ended the watch immediately, without an event',
      );
    }
  }

  #hasCaughtUp(): boolean {
    return this.#options.clock.monotonic() - this.#openedAt >= CATCH_UP_MS;
  }

  #recordContact(at: number): void {
    this.#lastContactAt = Math.max(this.#lastContactAt, at);
  }

  #deliver(changes: Iterable<WatchChange<T>>, signal: AbortSignal): void {
    for (const change of changes) {
      for (const handler of this.#handlers) {
        this.#call(handler, change);
        // A handler can stop the informer. The next start finds the changes that weren't delivered.
        if (signal.aborted) {
          return;
        }
      }
    }
  }

  /** Calls a handler. The handler may be async regardless of its type; its rejection must not end the process. */
  #call(handler: ChangeHandler<T>, change: WatchChange<T>): void {
    const report = (cause: unknown) => {
      const object = `${this.#options.resource.kind} ${objectKey(change.object.metadata)}`;
      const message = `a handler failed for the change (${change.type}) of ${object}: ${messageOf(cause)}`;
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
    observer?.onWatchFailure(resource);
    const retryAfterMs = Math.min((cause instanceof ApiError && cause.retryAfterMs) || 0, backoff.maxMs);
    const delayMs = Math.max(retryAfterMs, backoffDelay(backoff, failures, random));
    const message = `${messageOf(cause)}; retrying in ${(delayMs / 1000).toFixed(1)} s`;
    this.#onError({ message: sanitize(message, 2048), cause });
    await clock.sleep(delayMs, signal).catch(() => {});
  }
}

/** Returns a promise whose rejection may remain unhandled. */
function createLatch(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

/** Settles as the promise does, or rejects with the reason of the signal if it is aborted first. */
async function settleOrAbort(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
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
