import { Histogram, type Registry } from 'prom-client';
import type { CallObserver } from '../../aws/rateLimitedClient.ts';
import { PRIORITIES } from '../../aws/rateLimiter.ts';
import { type MetricSeries, registerCollector, seconds } from './collector.ts';

/** Calls of the connection to one fleet. */
export interface FleetCalls extends CallObserver {
  /**
   * Ends the observation when the connection is closed. Its series disappear, and its remaining calls aren't counted.
   */
  end(): void;
}

/** Number of calls by operation and result. */
type Counts = Map<string, { readonly operation: string; readonly result: string; count: number }>;

/** Metrics of calls to AWS. */
export class AwsMetrics {
  readonly #counts = new Map<string, Counts>();
  readonly #durations;
  readonly #waits;

  constructor(registry: Registry) {
    const registers = [registry];
    registerCollector(registry, {
      name: 'wsap_aws_api_requests_total',
      help: 'Number of requests to AWS by result: Success, or the kind of error, for example, Throttled or AccessDenied. Every attempt counts.',
      labelNames: ['fleet', 'operation', 'result'],
      type: 'counter',
      series: () => [...this.#counts].flatMap(([fleet, counts]) => seriesOf(fleet, counts)),
    });
    this.#durations = new Histogram({
      name: 'wsap_aws_api_request_duration_seconds',
      help: 'Duration of requests to AWS.',
      labelNames: ['operation'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#waits = new Histogram({
      name: 'wsap_aws_rate_limiter_wait_seconds',
      help: 'Time that requests waited for the rate limiter of the fleet, for changes (urgent), listings (inventory), and reads that no decision depends on (background).',
      labelNames: ['fleet', 'priority'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400],
      registers,
    });
  }

  /** Returns an observer for the calls of a fleet. */
  observe(fleet: string): FleetCalls {
    const counts: Counts = new Map();
    this.#counts.set(fleet, counts);
    for (const priority of PRIORITIES) {
      this.#waits.zero({ fleet, priority });
    }
    const isOpen = () => this.#counts.get(fleet) === counts;
    return {
      onWait: (priority, waitedMs) => {
        if (isOpen()) {
          this.#waits.observe({ fleet, priority }, seconds(waitedMs));
        }
      },
      onResponse: (operation, result, durationMs) => {
        this.#durations.observe({ operation }, seconds(durationMs));
        const key = `${operation} ${result}`;
        const known = counts.get(key) ?? { operation, result, count: 0 };
        known.count += 1;
        counts.set(key, known);
      },
      end: () => {
        if (isOpen()) {
          this.#counts.delete(fleet);
          for (const priority of PRIORITIES) {
            this.#waits.remove({ fleet, priority });
          }
        }
      },
    };
  }
}

function seriesOf(fleet: string, counts: Counts): MetricSeries<'fleet' | 'operation' | 'result'>[] {
  return [...counts.values()].map(({ operation, result, count }) => [{ fleet, operation, result }, count]);
}
