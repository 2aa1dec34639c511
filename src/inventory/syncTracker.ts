import type { Clock } from '../clock.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { QueryPlan } from './queryPlan.ts';

/** How many calls of an operation ended in one way; every attempt counts. */
export interface CallCount {
  readonly operation: string;
  readonly result: 'Success' | FleetErrorKind;
  readonly count: number;
}

/** One time of reading a fleet, for all policies that were due. */
export interface SyncStats {
  readonly startedAt: Date;
  /** Milliseconds. */
  readonly duration: number;
  /** How it was decided to read; of several policies, for the one that needed most calls. */
  readonly queries: QueryPlan | undefined;
  readonly calls: readonly CallCount[];
}

interface Begun {
  readonly startedAt: Date;
  readonly startedMonotonic: number;
  readonly callsBefore: readonly CallCount[];
  queries: QueryPlan | undefined;
}

/** Tells the passes over a fleet apart: each begins when nothing is being read, and ends when nothing is being read any more. */
export class SyncTracker {
  readonly #clock: Clock;
  readonly #callsSoFar: () => readonly CallCount[];
  #inFlight = 0;
  #begun: Begun | undefined;
  #last: SyncStats | undefined;
  #queries: QueryPlan | undefined;

  constructor(clock: Clock, callsSoFar: () => readonly CallCount[]) {
    this.#clock = clock;
    this.#callsSoFar = callsSoFar;
  }

  /** The last that asked AWS for anything; undefined if there was none. */
  get last(): SyncStats | undefined {
    return this.#last;
  }

  /** How the pass that is under way, or the last, was decided to be read; undefined before that is decided. */
  get queries(): QueryPlan | undefined {
    return this.#queries;
  }

  /** Runs reads as a part of the pass that is under way, or as its beginning. */
  async run<T>(read: () => Promise<T>): Promise<T> {
    this.#begun ??= {
      startedAt: this.#clock.now(),
      startedMonotonic: this.#clock.monotonic(),
      callsBefore: this.#callsSoFar(),
      queries: undefined,
    };
    this.#inFlight++;
    try {
      return await read();
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) {
        this.#end(this.#begun);
        this.#begun = undefined;
      }
    }
  }

  /** Takes note of how a read of the pass was planned. */
  planned(queries: QueryPlan): void {
    if (this.#begun !== undefined && queries.calls >= (this.#begun.queries?.calls ?? 0)) {
      this.#begun.queries = queries;
      this.#queries = queries;
    }
  }

  #end({ startedAt, startedMonotonic, callsBefore, queries }: Begun): void {
    const before = new Map(callsBefore.map((one) => [keyOf(one), one.count]));
    const calls = this.#callsSoFar()
      .map((one) => ({ ...one, count: one.count - (before.get(keyOf(one)) ?? 0) }))
      .filter(({ count }) => count > 0);
    if (calls.length > 0) {
      this.#last = { startedAt, duration: this.#clock.monotonic() - startedMonotonic, queries, calls };
    }
  }
}

function keyOf({ operation, result }: CallCount): string {
  return `${operation} ${result}`;
}
