import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { sanitize } from '../sanitize.ts';
import { type ApiClient, PATCH } from './apiClient.ts';
import { ApiError, messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { EventCorrelator, type EventInput, type EventSeries, type ObjectReference } from './eventCorrelator.ts';
import { COMPONENT } from './identity.ts';
import { apiVersionOf, type KubeObject, type Resource } from './resource.ts';

const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
/** client-go's maxQueuedEvents. */
const MAX_QUEUED = 1000;
/** What the API allows for an event's message (core/v1, events.k8s.io/v1 note). */
const MAX_MESSAGE = 1024;
/** How often a write is tried while the API server gives no answer. */
const ATTEMPTS = 4;
const BACKOFF: Backoff = { baseMs: 1000, maxMs: 10_000, jitter: 1 };

/** What becomes of an occurrence: `silenced` where too much happens on an object, `dropped` unsent, `lost` as it couldn't be written. */
export type EventResult = 'written' | 'silenced' | 'dropped' | 'lost';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: OnError;
  /** Told of each occurrence once. */
  readonly onResult?: ((fate: EventResult) => void) | undefined;
  /** Who reports: the From column of `kubectl describe`. */
  readonly component?: string;
  /** Which instance of it, as the pod's name. */
  readonly instance?: string;
}

/** What an event about `object` refers to; `kubectl describe` finds events by its name, namespace, kind and uid. */
export function referenceTo(resource: Resource, { metadata }: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, namespace, uid, resourceVersion };
}

/**
 * Records core/v1 Events in the background, in their order. Events are for people and best effort: what can't be written is reported to
 * `onError` and dropped, as it is when more than 1000 wait.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #onError: OnError;
  readonly #correlator: EventCorrelator;
  readonly #giveUp = new AbortController();
  #queue: EventInput[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#onError = safeHandler(options.onError);
    this.#correlator = new EventCorrelator(options.clock);
  }

  /** Never fails and never waits. `reason` is a short UpperCamelCase word; `message` a sentence, cut after 1024 characters. */
  record(regarding: ObjectReference, type: EventInput['type'], reason: string, message: string): void {
    if (this.#giveUp.signal.aborted || this.#queue.length >= MAX_QUEUED) {
      this.#drop(1);
      return;
    }
    const at = this.#options.clock.now();
    this.#queue.push({
      regarding,
      type,
      reason: sanitize(reason, 128),
      message: sanitize(message, MAX_MESSAGE),
      at,
    });
    this.#writing ??= this.#writeAll();
  }

  /**
   * Resolves when everything recorded so far is written or given up. An aborted signal ends the wait: what is left is dropped then, and the
   * recorder is closed. For shutdown.
   */
  async flush(signal?: AbortSignal): Promise<void> {
    const giveUp = () => this.#giveUp.abort(new Error('the operator stops'));
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) {
      giveUp();
    }
    await this.#writing;
    signal?.removeEventListener('abort', giveUp);
    this.#reportDropped();
  }

  async #writeAll(): Promise<void> {
    // The first write starts when the caller is done, so that record never runs into it.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const series = this.#correlator.observe(next);
      const fate = series === undefined ? 'silenced' : await this.#deliver(next, series);
      this.#options.onResult?.(fate);
      if (this.#giveUp.signal.aborted) {
        this.#drop(this.#queue.splice(0).length);
      }
      this.#reportDropped();
    }
    this.#writing = undefined;
  }

  #drop(count: number): void {
    this.#dropped += count;
    for (let one = 0; one < count; one++) {
      this.#options.onResult?.('dropped');
    }
  }

  #reportDropped(): void {
    const dropped = this.#dropped;
    if (dropped === 0) {
      return;
    }
    this.#dropped = 0;
    const why = this.#giveUp.signal.aborted
      ? 'the operator stops'
      : `more than ${MAX_QUEUED} were waiting to be written`;
    this.#onError({ message: `${dropped} events were dropped: ${why}`, cause: undefined });
  }

  async #deliver(occurrence: EventInput, series: EventSeries): Promise<EventResult> {
    const { clock, random } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await this.#write(occurrence, series);
        return 'written';
      } catch (error) {
        const final = !(error instanceof ApiError && error.transient) || failures + 1 === ATTEMPTS;
        if (final || this.#giveUp.signal.aborted) {
          this.#reportLost(occurrence, error);
          return 'lost';
        }
        await clock.sleep(backoffDelay(BACKOFF, failures, random), this.#giveUp.signal).catch(() => {});
      }
    }
  }

  #reportLost({ regarding, reason, message }: EventInput, cause: unknown): void {
    const event = `the event ${reason} on ${regarding.kind} ${regarding.name} (${message})`;
    this.#onError({ message: sanitize(`${event} is lost: ${messageOf(cause)}`, 2048), cause });
  }

  /** An Event that is gone when it should be counted up, as they expire after an hour, is created again, with its count. */
  async #write(occurrence: EventInput, series: EventSeries): Promise<void> {
    if (series.count > 1 && (await this.#countUp(occurrence, series))) {
      return;
    }
    await this.#create(occurrence, series);
  }

  async #countUp({ regarding }: EventInput, { name, count, last }: EventSeries): Promise<boolean> {
    const body = { count, lastTimestamp: timestamp(last) };
    const target = { ...this.#target(regarding), name, contentType: PATCH.merge, body };
    try {
      await this.#client.request({ verb: 'patch', ...target });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) {
        return false;
      }
      throw error;
    }
  }

  async #create({ regarding, type, reason, message }: EventInput, series: EventSeries): Promise<void> {
    const { component = COMPONENT, instance = '' } = this.#options;
    const target = this.#target(regarding);
    const body = {
      apiVersion: 'v1',
      kind: EVENTS.kind,
      metadata: { name: series.name, namespace: target.namespace },
      involvedObject: regarding,
      type,
      reason,
      message,
      count: series.count,
      firstTimestamp: timestamp(series.first),
      lastTimestamp: timestamp(series.last),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
    try {
      await this.#client.request({ verb: 'create', ...target, body });
    } catch (error) {
      // The answer to an earlier attempt was lost, and that one did create it.
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) {
        throw error;
      }
    }
  }

  get #client(): ApiClient {
    return this.#options.client;
  }

  /** Events on cluster-scoped objects live in the namespace `default`. */
  #target(regarding: ObjectReference) {
    return { resource: EVENTS, namespace: regarding.namespace ?? 'default', signal: this.#giveUp.signal };
  }
}

/** meta/v1 Time has no fractions of a second. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
