import { seededRandom } from '../../src/simulator/random.ts';
import { type ProcessOptions, SimulatedProcess } from './process.ts';
import { MINUTE } from './schedule.ts';
import type { SimulatedTime } from './time.ts';

const HOUR = 60 * MINUTE;

/** The processes of the operator on one machine: how they start, stop, stand still and die. */
export class Replicas {
  readonly #time: SimulatedTime;
  readonly #seed: number;
  /** At which boundaries of calls a process is killed, counted from 1. */
  readonly #crashes: number[];
  readonly #connections: Pick<ProcessOptions, 'clientOf' | 'connect'>;
  readonly #fail: (rule: string, message: string) => void;
  /** Lengthened once the faults have ended, as nobody disputes the leases then. */
  readonly #leaseTiming = { leaseDuration: 60_000, renewDeadline: 40_000, retryPeriod: 20_000 };
  #running: SimulatedProcess[] = [];
  #wallOffset = 0;
  #boundaries = 0;
  #processes = 0;

  constructor(parts: {
    readonly time: SimulatedTime;
    readonly seed: number;
    /** At which boundaries of calls a process is killed, counted from 1. */
    readonly crashes: readonly number[];
    readonly connections: Pick<ProcessOptions, 'clientOf' | 'connect'>;
    /** Told of a rule that was broken. */
    readonly fail: (rule: string, message: string) => void;
  }) {
    this.#time = parts.time;
    this.#seed = parts.seed;
    this.#crashes = [...parts.crashes];
    this.#connections = parts.connections;
    this.#fail = parts.fail;
  }

  /** How many boundaries of calls were reached. */
  get boundaries(): number {
    return this.#boundaries;
  }

  start(): void {
    const identity = `replica-${++this.#processes}`;
    const replica = new SimulatedProcess({
      ...this.#connections,
      identity,
      time: this.#time,
      wallOffset: () => this.#wallOffset,
      random: seededRandom(this.#seed * 31 + this.#processes),
      leaseTiming: this.#leaseTiming,
      onEnd: (process, error) => {
        this.#running = this.#running.filter((one) => one !== process);
        if (!process.isStopping) {
          this.#fail('Alive', `the operator ended by itself: ${(error as Error | undefined)?.stack ?? error}`);
        }
      },
    });
    this.#running.push(replica);
    replica.start();
  }

  /** A boundary of a call is reached. Returns whether the process is killed at it. */
  boundary(process: SimulatedProcess): boolean {
    this.#boundaries++;
    if (!this.#crashes.includes(this.#boundaries)) {
      return false;
    }
    this.crash(process);
    return true;
  }

  /** SIGKILL; another one comes after a while. */
  crash(process: SimulatedProcess): void {
    process.kill();
    this.#running = this.#running.filter((one) => one !== process);
    this.#time.after(1_000 + (this.#boundaries % 10) * 1_000, () => this.start());
  }

  /** The first is asked to stop, and another one takes its place. */
  restart(): void {
    this.#first?.stop();
    this.start();
  }

  /** The first of several is asked to stop. */
  stopOneOfSeveral(): void {
    if (this.#running.length > 1) {
      this.#first?.stop();
    }
  }

  /** The first stands still. Returns how to have it go on. */
  freezeOne(): () => void {
    const frozen = this.#first;
    frozen?.freeze();
    return () => frozen?.thaw();
  }

  /** Somebody sets the machine's clock by so many milliseconds. */
  setClock(amount: number): void {
    this.#wallOffset += amount;
  }

  /** Nothing befalls them any more: one goes on, and the clock is right again. */
  async endFaults(): Promise<void> {
    this.#crashes.length = 0;
    this.#wallOffset = 0;
    this.#running.forEach((replica) => void replica.thaw());
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
