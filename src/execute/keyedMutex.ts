/** A mutex for each key, with an upper limit for the number of keys in use at the same time. First come, first served. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #maxConcurrentKeys: number;
  #running = 0;

  constructor(maxConcurrentKeys = Number.POSITIVE_INFINITY) {
    this.#maxConcurrentKeys = maxConcurrentKeys;
  }

  /** Changes the upper limit. Work in progress continues. */
  set maxConcurrentKeys(limit: number) {
    this.#maxConcurrentKeys = limit;
    this.#startWaiting();
  }

  /** Runs work while holding the mutex of a key. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(() => this.#runWhenFree(work));
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) {
        this.#tails.delete(key);
      }
    }
  }

  async #runWhenFree<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#startWaiting();
    });
    try {
      return await work();
    } finally {
      this.#running--;
      this.#startWaiting();
    }
  }

  #startWaiting(): void {
    while (this.#running < this.#maxConcurrentKeys) {
      const start = this.#waiting.shift();
      if (start === undefined) {
        return;
      }
      this.#running++;
      start();
    }
  }
}
