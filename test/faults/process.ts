import { pino } from 'pino';
import type { Clock } from '../../src/clock.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import type { LeaseTiming } from '../../src/kube/lease.ts';
import type { Dependencies } from '../../src/operator/dependencies.ts';
import type { OperatorMetrics } from '../../src/operator/metrics/operatorMetrics.ts';
import { runOperator } from '../../src/operator.ts';
import type { FleetConfig } from '../../src/policy/workspaceFleet.ts';
import type { SimulatedTime } from './time.ts';

const SILENT_LOG = pino({ level: 'silent' });

export interface ProcessOptions {
  readonly identity: string;
  readonly time: SimulatedTime;
  /** Deviation of the machine's wall clock (ms). */
  readonly wallClockOffsetMs: () => number;
  readonly random: () => number;
  readonly leaseTiming: LeaseTiming;
  readonly clientOf: (process: SimulatedProcess, timeoutMs: number) => ApiClient;
  readonly connect: (
    process: SimulatedProcess,
    clock: Clock,
    signal: AbortSignal,
    fleet: FleetConfig,
  ) => Pick<ReturnType<Dependencies['connect']>['connection'], 'identify' | 'fleet'>;
  /** Reports that the process ended without being killed. */
  readonly onEnd: (process: SimulatedProcess, error: unknown) => void;
}

/** Process of the operator: the real code on simulated time. It can be killed, paused, and stopped at any time. */
export class SimulatedProcess {
  readonly identity: string;
  readonly startedAt: number;
  readonly #options: ProcessOptions;
  readonly #stopping = new AbortController();
  #isAlive = true;
  #isPaused = false;
  #pendingActions: (() => void)[] = [];

  constructor(options: ProcessOptions) {
    this.identity = options.identity;
    this.startedAt = options.time.elapsed;
    this.#options = options;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Milliseconds from the start of the schedule. */
  get elapsed(): number {
    return this.#options.time.elapsed;
  }

  /** Wall clock of the machine, in milliseconds since the epoch. */
  get wall(): number {
    return this.#options.time.now + this.#options.wallClockOffsetMs();
  }

  start(): void {
    const { random, leaseTiming, clientOf, connect, onEnd } = this.#options;
    const clock = this.#clock();
    const dependencies: Dependencies = {
      clock,
      random,
      identity: this.identity,
      server: 'https://simulated.test',
      ownNamespace: 'wsap-system',
      clientOf: ({ timeoutMs = 30_000 }) => clientOf(this, timeoutMs),
      metricsOf: () => NO_METRICS,
      connect: (fleet, _metrics, { stopping }) => {
        const closing = new AbortController();
        stopping.addEventListener('abort', () => closing.abort(stopping.reason), { once: true });
        const connection = connect(this, clock, closing.signal, fleet) as ReturnType<
          Dependencies['connect']
        >['connection'];
        return { connection, close: () => closing.abort(new Error('the fleet was closed')) };
      },
    };
    const options = {
      namespace: undefined,
      ambientFleetNamespaces: [],
      awsRequestsPerSecond: 2,
      awsBurst: 5,
      concurrent: 4,
      leaseNamespace: undefined,
      clusterLeaseNamespace: 'kube-system',
      leaseTiming,
      metricsBindAddress: undefined,
      healthProbeBindAddress: undefined,
      reports: 'off',
      reportResults: 'violations',
      reportUserNames: false,
      notifications: false,
      reportInterval: 30_000,
      version: 'simulated',
      log: SILENT_LOG,
    } as const;
    runOperator(options as unknown as Parameters<typeof runOperator>[0], this.#stopping.signal, dependencies).then(
      () => this.#end(undefined, onEnd),
      (error: unknown) => this.#end(error, onEnd),
    );
  }

  /** Runs an action in the process: never if the process is dead, and after it resumes if it is paused. */
  deliver(action: () => void): void {
    if (this.#isPaused) {
      this.#pendingActions.push(action);
    } else if (this.#isAlive) {
      action();
    }
  }

  /** Sends SIGTERM. */
  stop(): void {
    this.deliver(() => this.#stopping.abort(new Error('the operator is stopping')));
  }

  /** Sends SIGKILL. Nothing that the process waits for ever arrives. */
  kill(): void {
    this.#isAlive = false;
    this.#pendingActions = [];
  }

  /** Sends SIGSTOP. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends SIGCONT. */
  resume(): void {
    this.#isPaused = false;
    for (const action of this.#pendingActions.splice(0)) {
      this.deliver(action);
    }
  }

  #end(error: unknown, onEnd: ProcessOptions['onEnd']): void {
    if (this.#isAlive) {
      this.#isAlive = false;
      onEnd(this, error);
    }
  }

  #clock(): Clock {
    const { time } = this.#options;
    return {
      now: () => new Date(this.wall),
      monotonic: () => time.elapsed - this.startedAt,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const abort = () => {
            cancel();
            reject(signal?.reason);
          };
          const cancel = time.after(ms, () =>
            this.deliver(() => {
              signal?.removeEventListener('abort', abort);
              resolve();
            }),
          );
          signal?.addEventListener('abort', abort, { once: true });
        }),
    };
  }
}

/** Metrics that record nothing. */
const NOOP_METRICS = new Proxy(
  {},
  {
    get: (_, name) => (name === 'then' ? undefined : name === 'observe' ? () => NOOP_METRICS : () => {}),
  },
);
const NO_METRICS = {
  registry: undefined,
  aws: NOOP_METRICS,
  events: NOOP_METRICS,
  kube: NOOP_METRICS,
  policies: NOOP_METRICS,
  queues: NOOP_METRICS,
  runs: NOOP_METRICS,
} as unknown as OperatorMetrics;
