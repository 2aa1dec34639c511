import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { QueueObserver, QueueState } from '../../kube/queue.ts';
import { registerCollector, seconds } from './collector.ts';
import { CONTROLLERS, type ControllerName } from './runMetrics.ts';

const LABELS = ['name'] as const;
const BUCKETS = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000];

/** The work queues in client-go's terms (k8s.io/component-base/metrics/prometheus/workqueue), so that what is drawn for other controllers fits. */
export class QueueMetrics {
  readonly #adds;
  readonly #queueDuration;
  readonly #workDuration;
  readonly #retries;

  constructor(registry: Registry, clock: Clock, stateOf: (name: ControllerName) => QueueState) {
    const registers = [registry];
    const now = (name: string, help: string, value: (state: QueueState) => number) =>
      registerCollector(registry, {
        name,
        help,
        labelNames: LABELS,
        series: () => CONTROLLERS.map((queue) => [{ name: queue }, value(stateOf(queue))] as const),
      });
    const ages = ({ processing }: QueueState) => [...processing.values()].map((since) => clock.monotonic() - since);
    now('workqueue_depth', 'Keys that wait to be processed.', ({ depth }) => depth);
    this.#adds = new Counter({
      name: 'workqueue_adds_total',
      help: 'Keys that were added.',
      labelNames: LABELS,
      registers,
    });
    this.#queueDuration = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long a key waited before it was processed.',
      labelNames: LABELS,
      buckets: BUCKETS,
      registers,
    });
    this.#workDuration = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long a key was processed.',
      labelNames: LABELS,
      buckets: BUCKETS,
      registers,
    });
    now(
      'workqueue_unfinished_work_seconds',
      'How long what is being processed has been processed so far, in sum.',
      (state) => seconds(ages(state).reduce((sum, age) => sum + age, 0)),
    );
    now(
      'workqueue_longest_running_processor_seconds',
      'How long the key that has been processed for longest has been processed so far.',
      (state) => seconds(Math.max(0, ...ages(state))),
    );
    this.#retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys that were added for later, be it that they failed or that they are due at their interval.',
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

  /** An observer of a queue. */
  observe(name: ControllerName): QueueObserver {
    return {
      onAdd: () => this.#adds.inc({ name }),
      onGet: (queuedMs) => this.#queueDuration.observe({ name }, seconds(queuedMs)),
      onDone: (durationMs) => this.#workDuration.observe({ name }, seconds(durationMs)),
      onRetry: () => this.#retries.inc({ name }),
    };
  }
}
