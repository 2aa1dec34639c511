import { seededRandom } from '../../src/simulator/random.ts';
import { type ProcessOptions, SimulatedProcess } from './process.ts';
import { MINUTE } from './schedule.ts';
import type { SimulatedTime } from './time.ts';
import type { Rule } from './violation.ts';

const HOUR = 60 * MINUTE;

/** Processes of the operator on one machine. */
export class Replicas {
  readonly #time: SimulatedTime;
  readonly #seed: number;
  /** Boundaries at which a process is killed, counted from 1. */
  readonly #crashes: number[];
  readonly #connections: Pick<ProcessOptions, 'auditLog' | 'clientOf' | 'connect'>;
  readonly #fail: (rule: Rule, message: string) => void;
  /** Lengthened after the faults have ended, because no replica competes for the leases then. */
  readonly #leaseTiming = { leaseDuration: 60_000, renewDeadline: 40_000, retryPeriod: 20_000 };
  #running: SimulatedProcess[] = [];
  #wallClockOffsetMs = 0;
  #boundaries = 0;
  #processes = 0;

  constructor(parts: {
    readonly time: SimulatedTime;
    readonly seed: number;
    /** Boundaries at which a process is killed, counted from 1. */
    readonly crashes: readonly number[];
    readonly connections: Pick<ProcessOptions, 'auditLog' | 'clientOf' | 'connect'>;
    /** Reports a violation. */
    readonly fail: (rule: Rule, message: string) => void;
  }) {
    this.#time = parts.time;
    this.#seed = parts.seed;
    this.#crashes = [...parts.crashes];
    this.#connections = parts.connections;
    this.#fail = parts.fail;
  }

  /** Number of boundaries so far. */
  get boundaries(): number {
    return this.#boundaries;
  }

  start(): void {
    const identity = `replica-${++this.#processes}`;
    const replica = new SimulatedProcess({
      ...this.#connections,
      identity,
      time: this.#time,
      wallClockOffsetMs: () => this.#wallClockOffsetMs,
      random: seededRandom(this.#seed * 31 + this.#processes),
      leaseTiming: this.#leaseTiming,
      onEnd: (process, error) => {
        this.#running = this.#running.filter((one) => one !== process);
        if (!process.isStopping) {
          this.#fail('UnexpectedExit', `the operator exited: ${(error as Error | undefined)?.stack ?? error}`);
        }
      },
    });
    this.#running.push(replica);
    replica.start();
  }

  /** Counts a boundary. Returns whether the process is killed at it. */
  boundary(process: SimulatedProcess): boolean {
    this.#boundaries++;
    if (!this.#crashes.includes(this.#boundaries)) {
      return false;
    }
    this.crash(process);
    return true;
  }

  /** Kills a process, and starts another one after a delay. */
  crash(process: SimulatedProcess): void {
    process.kill();
    this.#running = this.#running.filter((one) => one !== process);
    this.#time.after(1_000 + (this.#boundaries % 10) * 1_000, () => this.start());
  }

  /** Stops the first process, and starts another one. */
  restart(): void {
    this.#first?.stop();
    this.start();
  }

  /** Stops the first process if another one runs. */
  stopOneOfSeveral(): void {
    if (this.#running.length > 1) {
      this.#first?.stop();
    }
  }

  /** Pauses the first process. Returns a function that resumes it. */
  pauseOne(): () => void {
    const paused = this.#first;
    paused?.pause();
    return () => paused?.resume();
  }

  /** Moves the clock of the machine. */
  setClock(amount: number): void {
    this.#wallClockOffsetMs += amount;
  }

  /** Ends all faults: resumes paused processes, leaves one process running, and corrects the clock. */
  async endFaults(): Promise<void> {
    this.#crashes.length = 0;
    this.#wallClockOffsetMs = 0;
    this.#running.forEach((replica) => void replica.resume());
    for (const replica of this.#running.slice(1)) {
      replica.stop();
    }
    if (this.#running.length !== 1) {
      await this.#time.runUntil(this.#time.elapsed + 2 * MINUTE);
    }
    if (!this.#running.some(({ isAlive, isStopping }) => isAlive && !isStopping)) {
      this.start();
    }
    await this.#time.runUntil(this.#time.elapsed + MINUTE);
    Object.assign(this.#leaseTiming, { leaseDuration: 2 * HOUR, renewDeadline: HOUR, retryPeriod: 20 * MINUTE });
  }

  killAll(): void {
    this.#running.forEach((replica) => void replica.kill());
  }

  get #first(): SimulatedProcess | undefined {
    return this.#running.find(({ isStopping }) => !isStopping);
  }
}
