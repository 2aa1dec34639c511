import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { RequestResult } from '../../kube/apiClient.ts';
import type { EventResult } from '../../kube/events.ts';
import type { WatchObserver } from '../../kube/informer.ts';
import { qualifiedName, type Resource } from '../../kube/resource.ts';
import { registerCollector, seconds } from './collector.ts';

/** Watched resource. */
export interface WatchView {
  readonly resource: Resource;
  /** Time of the last contact with the API server about it (monotonic). Negative infinity before the first one. */
  readonly lastContactAt: number;
  /** Whether it was read completely since the start. */
  readonly hasSynced: () => boolean;
}

const EVENT_RESULTS: readonly EventResult[] = ['written', 'silenced', 'dropped', 'lost'];

/** Metrics of requests, watches, and Events between the operator and the API server. */
export class KubeMetrics implements WatchObserver {
  readonly #requests;
  readonly #durations;
  readonly #lists;
  readonly #watches;
  readonly #failures;
  readonly #events;

  constructor(registry: Registry, clock: Clock, watches: () => readonly WatchView[]) {
    const registers = [registry];
    const ofWatches = { labelNames: ['resource'] as const, registers };
    this.#requests = new Counter({
      name: 'rest_client_requests_total',
      help: 'Number of requests to the API server by HTTP status (<error> for no response), HTTP method, and host.',
      labelNames: ['code', 'method', 'host'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Duration of requests to the API server by verb and resource, without watches.',
      labelNames: ['verb', 'resource'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30],
      registers,
    });
    this.#lists = new Counter({
      name: 'wsap_watch_lists_total',
      help: 'Number of full lists of a resource: one at the start, and one for each watch that could not be resumed.',
      ...ofWatches,
    });
    this.#watches = new Counter({
      name: 'wsap_watch_starts_total',
      help: 'Number of started watches of a resource. The API server ends each watch after some minutes.',
      ...ofWatches,
    });
    this.#failures = new Counter({
      name: 'wsap_watch_failures_total',
      help: 'Number of failed lists and watches of a resource. Each is retried.',
      ...ofWatches,
    });
    registerCollector(registry, {
      name: 'wsap_watch_synced',
      help: 'Whether the operator has read a resource since it started (1) or not (0). It reconciles nothing before it has read all.',
      labelNames: ['resource'],
      series: () => watches().map((watch) => [labelsOf(watch.resource), Number(watch.hasSynced())] as const),
    });
    registerCollector(registry, {
      name: 'wsap_watch_last_contact_age_seconds',
      help: 'Time since the last contact with the API server about a resource. After 180 s, the operator makes no changes in AWS.',
      labelNames: ['resource'],
      series: () =>
        watches()
          .filter(({ lastContactAt }) => Number.isFinite(lastContactAt))
          .map((watch) => [labelsOf(watch.resource), seconds(clock.monotonic() - watch.lastContactAt)] as const),
    });
    this.#events = new Counter({
      name: 'wsap_events_total',
      help: 'Number of Events by result: written, silenced (too many on one object), dropped (too many waiting), or lost (write failed).',
      labelNames: ['result'],
      registers,
    });
    for (const result of EVENT_RESULTS) {
      this.#events.inc({ result }, 0);
    }
  }

  /** Records a request to the API server. */
  onResponse({ access, method, host, code, durationMs }: RequestResult): void {
    this.#requests.inc({ code: code === undefined ? '<error>' : String(code), method, host });
    if (access.verb !== 'watch') {
      this.#durations.observe({ verb: access.verb.toUpperCase(), ...labelsOf(access.resource) }, seconds(durationMs));
    }
  }

  onList(resource: Resource): void {
    this.#lists.inc(labelsOf(resource));
    this.#failures.inc(labelsOf(resource), 0);
  }

  onWatchStart(resource: Resource): void {
    this.#watches.inc(labelsOf(resource));
  }

  onWatchFailure(resource: Resource): void {
    this.#failures.inc(labelsOf(resource));
  }

  /** Records the result of an Event. */
  onEvent(result: EventResult): void {
    this.#events.inc({ result });
  }
}

function labelsOf(resource: Resource): { readonly resource: string } {
  return { resource: qualifiedName({ resource }) };
}
