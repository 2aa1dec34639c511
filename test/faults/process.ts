import { pino } from 'pino';
import type { Clock } from '../../src/clock.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import type { LeaseTiming } from '../../src/kube/lease.ts';
import type { Dependencies } from '../../src/operator/dependencies.ts';
import type { OperatorMetrics } from '../../src/operator/metrics/operatorMetrics.ts';
import { runOperator } from '../../src/operator.ts';
import { BEGINNING, type SimulatedTime } from './time.ts';

const SILENT = pino({ level: 'silent' });

export interface ProcessOptions {
  readonly identity: string;
  readonly time: SimulatedTime;
  /** How far the machine's wall clock is off, in milliseconds. */
  readonly wallOffset: () => number;
  readonly random: () => number;
  readonly leaseTiming: LeaseTiming;
  readonly clientOf: (process: SimulatedProcess, timeoutMs: number) => ApiClient;
  readonly connect: (
    process: SimulatedProcess,
    clock: Clock,
    signal: AbortSignal,
  ) => Pick<ReturnType<Dependencies['connect']>['connection'], 'identify' | 'fleet'>;
  /** It ended by itself. */
  readonly onEnd: (process: SimulatedProcess, error: unknown) => void;
}

/** A process of the operator: the real one, on simulated time, which can be killed, frozen and stopped at any moment. */
export class SimulatedProcess {
  readonly identity: string;
  readonly startedAt: number;
  readonly #options: ProcessOptions;
  readonly #stopping = new AbortController();
  #isAlive = true;
  #isFrozen = false;
  #waiting: (() => void)[] = [];

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

  /** Milliseconds from the beginning of the simulated world. */
  get elapsed(): number {
    return this.#options.time.elapsed;
  }

  /** Milliseconds since the epoch, as the machine has it. */
  get wall(): number {
    return this.#options.time.now + this.#options.wallOffset();
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
      connect: (_fleet, _metrics, { stopping }) => {
        const closing = new AbortController();
        stopping.addEventListener('abort', () => closing.abort(stopping.reason), { once: true });
        const connection = connect(this, clock, closing.signal) as ReturnType<Dependencies['connect']>['connection'];
        return { connection, close: () => closing.abort(new Error('the fleet is not used any more')) };
      },
    };
    const options = {
      namespace: undefined,
      ambientFleet: false,
      awsRequestsPerSecond: 2,
      awsBurst: 5,
      concurrent: 4,
      leaseNamespace: undefined,
      leaseTiming,
      metricsBindAddress: undefined,
      healthProbeBindAddress: undefined,
      reports: 'off',
      reportResults: 'violations',
      reportUserNames: false,
      reportInterval: 30_000,
      version: 'simulated',
      log: SILENT,
    } as const;
    runOperator(options as unknown as Parameters<typeof runOperator>[0], this.#stopping.signal, dependencies).then(
      () => this.#end(undefined, onEnd),
      (error: unknown) => this.#end(error, onEnd),
    );
  }

  /** Does something to the process: never once it is dead, and once it goes on where it is frozen. */
  deliver(action: () => void): void {
    if (this.#isFrozen) {
      this.#waiting.push(action);
    } else if (this.#isAlive) {
      action();
    }
  }

  /** SIGTERM. */
  stop(): void {
    this.deliver(() => this.#stopping.abort(new Error('the operator is stopping')));
  }

  /** SIGKILL: nothing that it waits for ever comes. */
  kill(): void {
    this.#isAlive = false;
    this.#waiting = [];
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** SIGCONT. */
  thaw(): void {
    this.#isFrozen = false;
    for (const action of this.#waiting.splice(0)) {
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
            callOff();
            reject(signal?.reason);
          };
          const callOff = time.after(ms, () =>
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

/** Observers to whom nothing matters. */
const NOTHING = new Proxy(
  {},
  {
    get: (_, name) => (name === 'then' ? undefined : name === 'observe' ? () => NOTHING : () => {}),
  },
);
const NO_METRICS = {
  registry: undefined,
  aws: NOTHING,
  kube: NOTHING,
  policies: NOTHING,
  queues: NOTHING,
  runs: NOTHING,
} as unknown as OperatorMetrics;

/** A time as it is written into an object of the cluster. */
export function timestampAt(elapsed: number): string {
  return new Date(BEGINNING + elapsed).toISOString().replace(/\.\d+Z$/, 'Z');
}
