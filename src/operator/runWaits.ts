import type { Clock } from '../clock.ts';
import { settlesSoon, type WaitForReads } from '../inventory/waitForReads.ts';
import type { ReleaseWhile } from './worker.ts';

/** Time after which the status shows that a run waits. */
const NOTICE_DELAY_MS = 5_000;

export interface RunWaitsOptions {
  readonly releaseWhile: ReleaseWhile;
  readonly clock: Clock;
  /** Aborted when the run is outdated. Its reason is the error of each wait. */
  readonly outdated: AbortSignal;
}

/** Waits of a run, during which other policies get its slot. They reject early if the run is outdated, so that the next one starts. */
export class RunWaits {
  readonly #releaseWhile: ReleaseWhile;
  readonly #clock: Clock;
  readonly #outdated: AbortSignal;
  #isReading = false;

  constructor({ releaseWhile, clock, outdated }: RunWaitsOptions) {
    this.#releaseWhile = releaseWhile;
    this.#clock = clock;
    this.#outdated = outdated;
  }

  /** Whether the run is outdated. */
  get areOver(): boolean {
    return this.#outdated.aborted;
  }

  /** Whether the run waits for reads. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /**
   * Returns a function that waits for reads. Reads that are outdated for this run continue for others.
   *
   * @param onSlow called in the slot of the run when a wait takes long, at most once
   */
  forReads(onSlow: () => Promise<void>): WaitForReads {
    let isNoticed = false;
    return async (reads) => {
      this.#outdated.throwIfAborted();
      const result = reads();
      if (await settlesSoon(result)) {
        return result;
      }
      const ended = this.#end(result);
      this.#isReading = true;
      if (!isNoticed && (await this.#releaseWhile(this.#isSlow(ended)))) {
        isNoticed = true;
        this.#isReading = false;
        await onSlow();
        this.#isReading = true;
      }
      await this.#releaseWhile(ended);
      this.#isReading = false;
      this.#outdated.throwIfAborted();
      return result;
    };
  }

  /** Waits for a time in milliseconds. */
  pause(ms: number): Promise<void> {
    return this.#releaseWhile(this.#clock.sleep(ms, this.#outdated));
  }

  /** Resolves when a promise settles or the run is outdated. */
  #end(promise: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#outdated.removeEventListener('abort', end);
        resolve();
      };
      promise.then(end, end);
      this.#outdated.addEventListener('abort', end, { once: true });
      if (this.#outdated.aborted) {
        end();
      }
    });
  }

  async #isSlow(ended: Promise<void>): Promise<boolean> {
    const notice = new AbortController();
    const isSlow = this.#clock.sleep(NOTICE_DELAY_MS, notice.signal).then(
      () => true,
      () => false,
    );
    const result = await Promise.race([ended.then(() => false), isSlow]);
    notice.abort();
    return result;
  }
}
