/** When the simulated world begins, in milliseconds since the epoch. */
export const BEGINNING = Date.UTC(2026, 0, 5, 10);

interface Due {
  readonly at: number;
  /** Of two that are due at once, the one that was set first. */
  readonly order: number;
  readonly action: () => void;
  isCancelled: boolean;
}

/** Time of a whole simulated world: what is due happens in order, and all that follows from it without waiting happens before the next. */
export class SimulatedTime {
  #elapsed = 0;
  #set = 0;
  readonly #due: Due[] = [];

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Milliseconds since the epoch, by a clock that nobody sets. */
  get now(): number {
    return BEGINNING + this.#elapsed;
  }

  /** Has something happen in `ms` milliseconds, whole ones, as a timer does. Returns how to call it off. */
  after(ms: number, action: () => void): () => void {
    const due = { at: this.#elapsed + Math.ceil(Math.max(0, ms)), order: this.#set++, action, isCancelled: false };
    this.#push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  /** Lets time pass until so many milliseconds after the beginning. */
  async runUntil(end: number): Promise<void> {
    await settled();
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#pop();
      if (!next.isCancelled) {
        this.#elapsed = next.at;
        next.action();
        await settled();
      }
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  #push(due: Due): void {
    const heap = this.#due;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent] as Due)) {
        break;
      }
      heap[index] = heap[parent] as Due;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) {
        child++;
      }
      if (!isBefore(heap[child] as Due, last)) {
        break;
      }
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that can settle without time or I/O has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
