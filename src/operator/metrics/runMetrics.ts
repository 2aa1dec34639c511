import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { PHASES, type Phase } from '../../run.ts';
import type { RunObserver, RunResult } from '../worker.ts';
import { seconds } from './collector.ts';

/** Controllers and their queues. */
export const CONTROLLERS = ['policy', 'fleet'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

const RESULTS: readonly RunResult[] = ['success', 'requeue_after', 'error'];
/** Buckets from milliseconds to the hours that the first inventory of a very large fleet takes. */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400];

/** Metrics of runs with the names of controller-runtime. */
export class RunMetrics {
  readonly #total;
  readonly #errors;
  readonly #time;
  readonly #active;
  readonly #workers;
  readonly #phases;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#total = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Number of reconciliations of policies and fleets by result: success, requeue_after (success with a next run), or error.',
      labelNames: ['controller', 'result'],
      registers,
    });
    this.#errors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Number of failed reconciliations. Each is retried with backoff. A status that could not be written is retried without another reconciliation.',
      labelNames: ['controller'],
      registers,
    });
    this.#time = new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Duration of reconciliations, including waits for AWS.',
      labelNames: ['controller'],
      buckets: BUCKETS,
      registers,
    });
    this.#active = new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Number of reconciliations in progress, including those that wait for AWS.',
      labelNames: ['controller'],
      registers,
    });
    this.#workers = new Gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Maximum number of concurrent reconciliations: of policies in each fleet that do not wait for reads, and of fleets.',
      labelNames: ['controller'],
      registers,
    });
    this.#phases = new Histogram({
      name: 'wsap_reconcile_phase_seconds',
      help: 'Duration of the phases of a run, in seconds: observe, decide, apply, and report.',
      labelNames: ['phase'],
      buckets: BUCKETS,
      registers,
    });
    for (const name of PHASES) {
      this.#phases.zero({ phase: name });
    }
    for (const controller of CONTROLLERS) {
      for (const result of RESULTS) {
        this.#total.inc({ controller, result }, 0);
      }
      this.#errors.inc({ controller }, 0);
      this.#time.zero({ controller });
    }
  }

  /** Records the duration of a phase of a run, in milliseconds. */
  readonly observePhase = (phase: Phase, ms: number): void => {
    this.#phases.observe({ phase }, seconds(ms));
  };

  /** Returns an observer for a controller with this number of workers. */
  observe(controller: ControllerName, workers: number): RunObserver {
    const active = this.#active.labels(controller);
    this.#workers.set({ controller }, workers);
    active.set(0);
    return {
      onStart: () => active.inc(),
      onEnd: (result, durationMs) => {
        active.dec();
        this.#total.inc({ controller, result });
        this.#time.observe({ controller }, seconds(durationMs));
        if (result === 'error') {
          this.#errors.inc({ controller });
        }
      },
    };
  }
}
