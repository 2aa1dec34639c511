import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { RequestResult } from '../../kube/apiClient.ts';
import type { EventResult } from '../../kube/events.ts';
import type { WatchObserver } from '../../kube/informer.ts';
import { qualifiedName, type Resource } from '../../kube/resource.ts';
import { registerCollector, seconds } from './collector.ts';

/** Watched resource, and the time of the last contact with the API server about it (monotonic). */
export interface WatchView {
  readonly resource: Resource;
  readonly lastContactAt: number;
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
      help: 'Requests to the API server, by HTTP status (<error>: no answer), HTTP method and host.',
      labelNames: ['code', 'method', 'host'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: "How long the API server took to answer, by the request's verb and resource. Watches aren't counted.",
      labelNames: ['verb', 'resource'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30],
      registers,
    });
    this.#lists = new Counter({
      name: 'wsap_watch_lists_total',
      help: 'How often all objects of a resource were listed: once at the start, and where a watch could not go on.',
      ...ofWatches,
    });
    this.#watches = new Counter({
      name: 'wsap_watch_starts_total',
      help: 'Watches of a resource that were begun; each ends by itself after some minutes.',
      ...ofWatches,
    });
    this.#failures = new Counter({
      name: 'wsap_watch_failures_total',
      help: 'Lists and watches of a resource that failed, and were tried again.',
      ...ofWatches,
    });
    registerCollector(registry, {
      name: 'wsap_watch_last_contact_age_seconds',
      help: 'How long ago the API server last answered about a resource. After 180 s nothing is changed in AWS.',
      labelNames: ['resource'],
      series: () =>
        watches()
          .filter(({ lastContactAt }) => Number.isFinite(lastContactAt))
          .map((watch) => [labelsOf(watch.resource), seconds(clock.monotonic() - watch.lastContactAt)] as const),
    });
    this.#events = new Counter({
      name: 'wsap_events_total',
      help: 'Events that were recorded, by what became of them: written, silenced (too many on one object), dropped (too many waited), lost.',
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
