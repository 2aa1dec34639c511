/** Start of the simulated world, in milliseconds since the epoch. */
export const START_TIME = Date.UTC(2026, 0, 5, 10);

interface Timer {
  readonly at: number;
  /** Decides between timers of the same time: the one that was set first fires first. */
  readonly order: number;
  readonly action: () => void;
  isCanceled: boolean;
}

/**
 * Time of the simulated world. Timers fire in order, and every promise that a timer settles is handled before
 * the next timer.
 */
export class SimulatedTime {
  #elapsed = 0;
  #set = 0;
  readonly #due: Timer[] = [];

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Milliseconds since the epoch. No fault changes this clock. */
  get now(): number {
    return START_TIME + this.#elapsed;
  }

  /** Runs an action after `ms` milliseconds, rounded up as timers do. Returns a function that cancels it. */
  after(ms: number, action: () => void): () => void {
    const due = { at: this.#elapsed + Math.ceil(Math.max(0, ms)), order: this.#set++, action, isCanceled: false };
    this.#push(due);
    return () => {
      due.isCanceled = true;
    };
  }

  /** Advances the time to `end` milliseconds after the start. */
  async runUntil(end: number): Promise<void> {
    await settled();
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#pop();
      if (!next.isCanceled) {
        this.#elapsed = next.at;
        next.action();
        await settled();
      }
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  #push(due: Timer): void {
    const heap = this.#due;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent] as Timer)) {
        break;
      }
      heap[index] = heap[parent] as Timer;
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
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) {
        child++;
      }
      if (!isBefore(heap[child] as Timer, last)) {
        break;
      }
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that can settle without time or I/O has settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
