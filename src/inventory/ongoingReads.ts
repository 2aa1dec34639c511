/** Makes reads apart from those of runs: they wait for their tokens in a flow of their own. */
export type ReadApart = <T>(reads: () => Promise<T>) => Promise<T>;

/**
 * Reads in progress, by name. They can continue after the run that started them, and the next run shares them. An error reaches only callers
 * that wait for the result.
 */
export class OngoingReads {
  readonly #apart: ReadApart;
  readonly #reads = new Map<string, Promise<unknown>>();

  constructor(apart: ReadApart) {
    this.#apart = apart;
  }

  /** Starts reads, or returns the result of those with this name that are in progress. */
  share<T>(name: string, reads: () => Promise<T>): Promise<T> {
    const ongoing = this.#reads.get(name) as Promise<T> | undefined;
    return ongoing ?? this.#start(name, () => this.#apart(reads));
  }

  /** Starts reads after those with this name that are in progress. */
  queue<T>(name: string, reads: () => Promise<T>): Promise<T> {
    const ongoing = this.#reads.get(name);
    const start = () => this.#apart(reads);
    return this.#start(name, ongoing === undefined ? start : () => ongoing.then(start, start));
  }

  #start<T>(name: string, reads: () => Promise<T>): Promise<T> {
    const result = reads();
    const end = () => {
      if (this.#reads.get(name) === result) {
        this.#reads.delete(name);
      }
    };
    result.then(end, end);
    this.#reads.set(name, result);
    return result;
  }
}
