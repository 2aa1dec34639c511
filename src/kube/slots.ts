import type { Clock } from '../clock.ts';
import { FairQueue } from '../fairQueue.ts';

/** Place of a key in a queue: the queue serves groups in turn, and the flows of each group in turn. */
export interface Flow {
  readonly group: string;
  readonly flow: string;
}

/** Queued key, or a key in process that waits for a slot again. */
export interface Waiter {
  readonly key: string;
  readonly flow: Flow;
  /** Called when a key in process gets a slot. Undefined for a queued key. */
  readonly resume?: () => void;
}

/** Slot of a key in process. */
interface Slot {
  readonly group: string;
  /** Time since which the key has the slot (monotonic). */
  readonly since: number;
}

/** Slots of the groups of a work queue, and the keys that wait for them. */
export class Slots {
  readonly #clock: Clock;
  readonly #perGroup: number;
  /** Waiting keys by group, in the order in which the groups are served. */
  readonly #waiting = new Map<string, FairQueue<Waiter>>();
  readonly #slots = new Map<string, Slot>();

  /** @param perGroup maximum number of keys of a group that have a slot */
  constructor(clock: Clock, perGroup: number) {
    this.#clock = clock;
    this.#perGroup = perGroup;
  }

  /** Keys that have a slot, and since when (monotonic). */
  get since(): ReadonlyMap<string, number> {
    return new Map([...this.#slots].map(([key, { since }]) => [key, since]));
  }

  /** First queued key of each flow whose group has a free slot. */
  get queuedHeads(): string[] {
    const used = this.#usedByGroup();
    return [...this.#waiting]
      .filter(([group]) => (used.get(group) ?? 0) < this.#perGroup)
      .flatMap(([, waiting]) => waiting.heads())
      .flatMap(({ key, resume }) => (resume === undefined ? key : []));
  }

  /** Adds a key after the others of its flow. */
  push(waiter: Waiter): void {
    this.#waitingIn(waiter.flow).push(waiter.flow.flow, waiter);
  }

  /** Adds a key before the others of its flow. */
  unshift(waiter: Waiter): void {
    this.#waitingIn(waiter.flow).unshift(waiter.flow.flow, waiter);
  }

  /** Gives a slot to the next waiting key and returns the key, or undefined if none can get one. */
  take(isAcceptable: (waiter: Waiter) => boolean): Waiter | undefined {
    const next = this.#next(isAcceptable);
    if (next !== undefined) {
      this.#slots.set(next.key, { group: next.flow.group, since: this.#clock.monotonic() });
    }
    return next;
  }

  /** Ends the slot of a key. */
  free(key: string): void {
    this.#slots.delete(key);
  }

  #next(isAcceptable: (waiter: Waiter) => boolean): Waiter | undefined {
    const used = this.#usedByGroup();
    for (const [group, waiting] of this.#waiting) {
      const next = (used.get(group) ?? 0) < this.#perGroup ? waiting.shift(isAcceptable) : undefined;
      if (next !== undefined) {
        // The group is served again after the others.
        this.#waiting.delete(group);
        if (waiting.length > 0) {
          this.#waiting.set(group, waiting);
        }
        return next;
      }
    }
    return undefined;
  }

  #waitingIn({ group }: Flow): FairQueue<Waiter> {
    const waiting = this.#waiting.get(group) ?? new FairQueue<Waiter>();
    this.#waiting.set(group, waiting);
    return waiting;
  }

  #usedByGroup(): ReadonlyMap<string, number> {
    const used = new Map<string, number>();
    for (const { group } of this.#slots.values()) {
      used.set(group, (used.get(group) ?? 0) + 1);
    }
    return used;
  }
}
