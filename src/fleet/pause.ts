import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';

/** Milliseconds: after the first failure, and at the most. */
const FIRST = 5_000;
const LONGEST = 5 * 60_000;

/** A pause after failures, which grows with each. For reads that aren't needed, only useful. */
export class Pause {
  readonly #clock: Clock;
  #failures = 0;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the epoch. */
  get until(): number {
    return this.#until;
  }

  get isOver(): boolean {
    return this.#clock.now().getTime() >= this.#until;
  }

  /** Runs reads unless there is a pause; what a fleet fails with begins one. */
  async run(reads: () => Promise<unknown>): Promise<void> {
    if (!this.isOver) {
      return;
    }
    try {
      await reads();
      this.#failures = 0;
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      this.#until = this.#clock.now().getTime() + Math.min(LONGEST, FIRST * 2 ** this.#failures);
      this.#failures++;
    }
  }
}
