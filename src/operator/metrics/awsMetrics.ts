import { Histogram, type Registry } from 'prom-client';
import type { CallObserver } from '../../aws/rateLimitedClient.ts';
import type { Priority } from '../../aws/rateLimiter.ts';
import { type MetricSeries, registerCollector, seconds } from './collector.ts';

const PRIORITIES: readonly Priority[] = ['urgent', 'inventory'];

/** The calls of one fleet's connection. */
export interface FleetCalls extends CallObserver {
  /** The connection is closed: its series vanish, and what it still does isn't counted. */
  end(): void;
}

/** How many calls ended in each way, by operation and result. */
type Counts = Map<string, { readonly operation: string; readonly result: string; count: number }>;

/** The calls to AWS. */
export class AwsMetrics {
  readonly #counts = new Map<string, Counts>();
  readonly #durations;
  readonly #waits;

  constructor(registry: Registry) {
    const registers = [registry];
    registerCollector(registry, {
      name: 'wsap_aws_api_requests_total',
      help: 'Requests to AWS, every attempt counted, by result: Success, or what AWS failed with, as Throttled or AccessDenied.',
      labelNames: ['fleet', 'operation', 'result'],
      type: 'counter',
      series: () => [...this.#counts].flatMap(([fleet, counts]) => seriesOf(fleet, counts)),
    });
    this.#durations = new Histogram({
      name: 'wsap_aws_api_request_duration_seconds',
      help: 'How long AWS took to answer.',
      labelNames: ['operation'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#waits = new Histogram({
      name: 'wsap_aws_rate_limiter_wait_seconds',
      help: "How long requests waited for the fleet's rate: those for a change (urgent), and those of a listing (inventory).",
      labelNames: ['fleet', 'priority'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400],
      registers,
    });
  }

  /** Observes the calls of a fleet. */
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
