import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';

const BACKOFF: Backoff = { baseMs: 5_000, maxMs: 5 * 60_000 };

/** Exponential backoff for optional reads. */
export class FailureBackoff {
  readonly #clock: Clock;
  #failures = 0;
  #endsAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** End of the last delay, in milliseconds since the epoch. */
  get endsAt(): number {
    return this.#endsAt;
  }

  get isOver(): boolean {
    return this.#clock.now().getTime() >= this.#endsAt;
  }

  /** Runs reads, except during a delay. A FleetError starts a delay. Rejects with other errors. */
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
      this.#endsAt = this.#clock.now().getTime() + backoffDelay(BACKOFF, this.#failures);
      this.#failures++;
    }
  }
}
