import type { Clock } from '../clock.ts';
import { FairQueue } from '../fairQueue.ts';
import { sanitize } from '../sanitize.ts';
import { type ApiClient, COMPONENT, PATCH } from './apiClient.ts';
import { ApiError, messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { EventCorrelator, type EventInput, type EventSeries, type ObjectReference } from './eventCorrelator.ts';
import { apiVersionOf, type KubeObject, type Resource } from './resource.ts';
import { requestRetryDelay } from './retry.ts';

const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
/** Maximum number of events that wait to be written: client-go's maxQueuedEvents. */
const MAX_QUEUED = 1000;
/** Maximum length of an event's message in the API (core/v1, events.k8s.io/v1 note). */
const MAX_MESSAGE_LENGTH = 1024;
/** Maximum number of attempts to write an event while the API server doesn't respond. */
const MAX_ATTEMPTS = 4;
/** The same while the API server demands a delay, as in client-go's REST client. */
const MAX_THROTTLED_ATTEMPTS = 10;

/**
 * Result of an event: written, `silenced` as spam, `dropped` before it was sent, or `lost` because it couldn't be
 * written.
 */
export type EventResult = 'written' | 'silenced' | 'dropped' | 'lost';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: OnError;
  /** Called once for each event. */
  readonly onResult?: ((result: EventResult) => void) | undefined;
  /** Reporting component: the From column of `kubectl describe`. */
  readonly component?: string;
  /** Instance of the component, for example, the name of the pod. */
  readonly instance?: string;
}

/**
 * Returns the reference of an event to an object. `kubectl describe` finds events by name, namespace, kind, and UID.
 */
export function referenceTo(resource: Resource, { metadata }: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, namespace, uid, resourceVersion };
}

/**
 * Records core/v1 Events in the background, in the order of each namespace. Namespaces take turns. Events are best
 * effort: events that can't be written, and events beyond 1000 waiting ones, are dropped and reported to `onError`. The
 * namespace with the most waiting events loses its last one, so that it doesn't cost others theirs.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #onError: OnError;
  readonly #correlator: EventCorrelator;
  readonly #giveUp = new AbortController();
  readonly #queue = new FairQueue<EventInput>();
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#onError = safeHandler(options.onError);
    this.#correlator = new EventCorrelator(options.clock);
  }

  /**
   * Queues an event; never fails and never waits. `reason` is a short UpperCamelCase word. `message` is a sentence,
   * truncated after 1024 characters.
   */
  record(
    regarding: ObjectReference,
    type: EventInput['type'],
    reason: string,
    message: string,
    annotations?: EventInput['annotations'],
  ): void {
    const flow = regarding.namespace ?? '';
    if (this.#giveUp.signal.aborted || !this.#makeRoom(flow)) {
      this.#drop(1);
      return;
    }
    const at = this.#options.clock.now();
    this.#queue.push(flow, {
      regarding,
      type,
      reason: sanitize(reason, 128),
      message: sanitize(message, MAX_MESSAGE_LENGTH),
      annotations,
      at,
    });
    this.#writing ??= this.#writeAll();
  }

  /**
   * Resolves when all recorded events are written or given up. Aborting the signal ends the wait, drops the remaining
   * events, and closes the recorder. Used for shutdown.
   */
  async flush(signal?: AbortSignal): Promise<void> {
    const giveUp = () => this.#giveUp.abort(new Error('the operator is stopping'));
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) {
      giveUp();
    }
    await this.#writing;
    signal?.removeEventListener('abort', giveUp);
    this.#reportDropped();
  }

  async #writeAll(): Promise<void> {
    // The first write starts after the caller has finished, so that `record` never runs it synchronously.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const series = this.#correlator.observe(next);
      const result = series === undefined ? 'silenced' : await this.#deliver(next, series);
      this.#options.onResult?.(result);
      if (this.#giveUp.signal.aborted) {
        this.#drop(this.#queue.length);
        this.#queue.clear();
      }
      this.#reportDropped();
    }
    this.#writing = undefined;
  }

  /** Whether the queue has room for an event of a flow, if necessary in place of an event of the longest flow. */
  #makeRoom(flow: string): boolean {
    if (this.#queue.length < MAX_QUEUED) {
      return true;
    }
    const longest = this.#queue.longest()?.flow ?? flow;
    if (longest === flow) {
      return false;
    }
    this.#queue.pop(longest);
    this.#drop(1);
    return true;
  }

  #drop(count: number): void {
    this.#dropped += count;
    for (let i = 0; i < count; i++) {
      this.#options.onResult?.('dropped');
    }
  }

  #reportDropped(): void {
    const dropped = this.#dropped;
    if (dropped === 0) {
      return;
    }
    this.#dropped = 0;
    const reason = this.#giveUp.signal.aborted
      ? 'the operator is stopping'
      : `more than ${MAX_QUEUED} events were waiting`;
    this.#onError({ message: `dropped ${dropped} events: ${reason}`, cause: undefined });
  }

  async #deliver(event: EventInput, series: EventSeries): Promise<EventResult> {
    const { clock, random } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        await this.#write(event, series);
        return 'written';
      } catch (error) {
        const delay = requestRetryDelay(error, failures, random);
        const isDemanded = error instanceof ApiError && error.retryAfterMs !== undefined;
        const maxAttempts = isDemanded ? MAX_THROTTLED_ATTEMPTS : MAX_ATTEMPTS;
        if (delay === undefined || failures + 1 >= maxAttempts || this.#giveUp.signal.aborted) {
          this.#reportLost(event, error);
          return 'lost';
        }
        await clock.sleep(delay, this.#giveUp.signal).catch(() => {});
      }
    }
  }

  #reportLost({ regarding, reason, message }: EventInput, cause: unknown): void {
    const description = `the event ${reason} on ${regarding.kind} ${regarding.name} (${message})`;
    this.#onError({ message: sanitize(`${description} is lost: ${messageOf(cause)}`, 2048), cause });
  }

  /** Writes an event. Events expire after an hour; an expired one is created again with its count. */
  async #write(event: EventInput, series: EventSeries): Promise<void> {
    if (series.count > 1 && (await this.#incrementCount(event, series))) {
      return;
    }
    await this.#create(event, series);
  }

  async #incrementCount({ regarding, annotations }: EventInput, { name, count, last }: EventSeries): Promise<boolean> {
    const body = { count, lastTimestamp: timestamp(last), ...(annotations && { metadata: { annotations } }) };
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

  async #create({ regarding, type, reason, message, annotations }: EventInput, series: EventSeries): Promise<void> {
    const { component = COMPONENT, instance = '' } = this.#options;
    const target = this.#target(regarding);
    const body = {
      apiVersion: 'v1',
      kind: EVENTS.kind,
      metadata: { name: series.name, namespace: target.namespace, annotations },
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
      // An earlier attempt created the Event, but its response was lost.
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) {
        throw error;
      }
    }
  }

  get #client(): ApiClient {
    return this.#options.client;
  }

  /** Returns the target of a request. Events on cluster-scoped objects are in the namespace `default`. */
  #target(regarding: ObjectReference) {
    return { resource: EVENTS, namespace: regarding.namespace ?? 'default', signal: this.#giveUp.signal };
  }
}

/** Formats a meta/v1 Time, which has no fractions of a second. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
