import { seededRandom } from '../../src/simulator/random.ts';

/** Random numbers of a seed. The same seed gives the same sequence. */
export class Rng {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** Returns an integer from `least` to `most`, both included. */
  number(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  one<T>(of: readonly T[]): T {
    return of[this.number(0, of.length - 1)] as T;
  }

  some<T>(of: readonly T[], share: number): T[] {
    return of.filter(() => this.chance(share));
  }
}
