import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';

const BACKOFF: Backoff = { baseMs: 5_000, maxMs: 5 * 60_000 };

/** A pause after failures, which grows with each. For reads that aren't needed, only useful. */
export class FailureBackoff {
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
      this.#until = this.#clock.now().getTime() + backoffDelay(BACKOFF, this.#failures);
      this.#failures++;
    }
  }
}
