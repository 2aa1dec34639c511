import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { QueueObserver, QueueState } from '../../kube/queue.ts';
import { registerCollector, seconds } from './collector.ts';
import { CONTROLLERS, type ControllerName } from './runMetrics.ts';

const LABELS = ['name'] as const;
const BUCKETS = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000];

/**
 * Metrics of the work queues with the names of client-go (k8s.io/component-base/metrics/prometheus/workqueue), so that
 * dashboards for other controllers work.
 */
export class QueueMetrics {
  readonly #adds;
  readonly #queueDuration;
  readonly #workDuration;
  readonly #retries;

  constructor(registry: Registry, clock: Clock, stateOf: (name: ControllerName) => QueueState) {
    const registers = [registry];
    const stateMetric = (name: string, help: string, value: (state: QueueState) => number) =>
      registerCollector(registry, {
        name,
        help,
        labelNames: LABELS,
        series: () => CONTROLLERS.map((queue) => [{ name: queue }, value(stateOf(queue))] as const),
      });
    const ages = ({ processing }: QueueState) => [...processing.values()].map((since) => clock.monotonic() - since);
    stateMetric('workqueue_depth', 'Number of keys that wait to be processed.', ({ depth }) => depth);
    this.#adds = new Counter({
      name: 'workqueue_adds_total',
      help: 'Number of added keys.',
      labelNames: LABELS,
      registers,
    });
    this.#queueDuration = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'Time that keys waited before they were processed.',
      labelNames: LABELS,
      buckets: BUCKETS,
      registers,
    });
    this.#workDuration = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'Time that keys were processed.',
      labelNames: LABELS,
      buckets: BUCKETS,
      registers,
    });
    stateMetric('workqueue_unfinished_work_seconds', 'Total processing time so far of all keys in process.', (state) =>
      seconds(ages(state).reduce((sum, age) => sum + age, 0)),
    );
    stateMetric(
      'workqueue_longest_running_processor_seconds',
      'Processing time so far of the longest running key.',
      (state) => seconds(Math.max(0, ...ages(state))),
    );
    this.#retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Number of keys added with a delay, after a failure or for their next interval.',
      labelNames: LABELS,
      registers,
    });
    for (const name of CONTROLLERS) {
      this.#adds.inc({ name }, 0);
      this.#retries.inc({ name }, 0);
      this.#queueDuration.zero({ name });
      this.#workDuration.zero({ name });
    }
  }

  /** Returns an observer for a queue. */
  observe(name: ControllerName): QueueObserver {
    return {
      onAdd: () => this.#adds.inc({ name }),
      onGet: (queuedMs) => this.#queueDuration.observe({ name }, seconds(queuedMs)),
      onDone: (durationMs) => this.#workDuration.observe({ name }, seconds(durationMs)),
      onRetry: () => this.#retries.inc({ name }),
    };
  }
}
