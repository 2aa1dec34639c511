import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { PHASES, type Phase } from '../../run.ts';
import type { RunObserver, RunResult } from '../worker.ts';
import { seconds } from './collector.ts';

/** The controllers, and the queues they work through. */
export const CONTROLLERS = ['policy', 'fleet'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

const RESULTS: readonly RunResult[] = ['success', 'requeue_after', 'error'];
/** From milliseconds to the hours that the first pass over a very large fleet takes. */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400];

/** What controller-runtime tells of reconciliations. */
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
      help: 'Runs of policies and looks at fleets, by result: success, requeue_after (well, and due again), error.',
      labelNames: ['controller', 'result'],
      registers,
    });
    this.#errors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Runs that failed, as a status could not be written; each is repeated, later and later.',
      labelNames: ['controller'],
      registers,
    });
    this.#time = new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long a run took, the waits for AWS included.',
      labelNames: ['controller'],
      buckets: BUCKETS,
      registers,
    });
    this.#active = new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Runs under way.',
      labelNames: ['controller'],
      registers,
    });
    this.#workers = new Gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Runs that may be under way at once.',
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

  /** An observer of a controller with so many workers. */
  observe(controller: ControllerName, workers: number): RunObserver {
    const active = this.#active.labels(controller);
    this.#workers.set({ controller }, workers);
    active.set(0);
    return {
      started: () => active.inc(),
      ended: (result, took) => {
        active.dec();
        this.#total.inc({ controller, result });
        this.#time.observe({ controller }, seconds(took));
        if (result === 'error') {
          this.#errors.inc({ controller });
        }
      },
    };
  }
}
