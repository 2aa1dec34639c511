import type { Clock } from '../clock.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { QueryPlan } from './queryPlan.ts';

/** Number of calls of an operation with the same result. Each attempt counts. */
export interface CallCount {
  readonly operation: string;
  readonly result: 'Success' | FleetErrorKind;
  readonly count: number;
}

/** Statistics of one sync of a fleet, which serves all policies that were due. */
export interface SyncStats {
  readonly startedAt: Date;
  /** Duration in milliseconds. */
  readonly duration: number;
  /** Query plan of the policy that needed the most calls. */
  readonly queries: QueryPlan | undefined;
  readonly calls: readonly CallCount[];
}

interface CurrentSync {
  readonly startedAt: Date;
  readonly startedMonotonic: number;
  readonly callsBefore: readonly CallCount[];
  queries: QueryPlan | undefined;
}

/** Tracks syncs of a fleet. A sync starts when the first read starts, and ends when no read is in progress. */
export class SyncTracker {
  readonly #clock: Clock;
  readonly #callsSoFar: () => readonly CallCount[];
  #inFlight = 0;
  #current: CurrentSync | undefined;
  #last: SyncStats | undefined;
  #queries: QueryPlan | undefined;

  constructor(clock: Clock, callsSoFar: () => readonly CallCount[]) {
    this.#clock = clock;
    this.#callsSoFar = callsSoFar;
  }

  /** Statistics of the last sync that called AWS. Undefined before the first one. */
  get last(): SyncStats | undefined {
    return this.#last;
  }

  /** Query plan of the current or last sync. Undefined before the first plan. */
  get queries(): QueryPlan | undefined {
    return this.#queries;
  }

  /** Expected number of calls until the current sync ends. 0 if there is none. */
  get remainingCalls(): number {
    if (this.#current?.queries === undefined) {
      return 0;
    }
    const { queries, callsBefore } = this.#current;
    return Math.max(0, queries.calls - (totalOf(this.#callsSoFar()) - totalOf(callsBefore)));
  }

  /** Runs reads as a part of the current sync, or starts a sync. */
  async run<T>(read: () => Promise<T>): Promise<T> {
    this.#current ??= {
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
        this.#end(this.#current);
        this.#current = undefined;
      }
    }
  }

  /** Records the query plan of a read in the current sync. */
  recordPlan(queries: QueryPlan): void {
    if (this.#current !== undefined && queries.calls >= (this.#current.queries?.calls ?? 0)) {
      this.#current.queries = queries;
      this.#queries = queries;
    }
  }

  #end({ startedAt, startedMonotonic, callsBefore, queries }: CurrentSync): void {
    const before = new Map(callsBefore.map((calls) => [keyOf(calls), calls.count]));
    const calls = this.#callsSoFar()
      .map((total) => ({ ...total, count: total.count - (before.get(keyOf(total)) ?? 0) }))
      .filter(({ count }) => count > 0);
    if (calls.length > 0) {
      this.#last = { startedAt, duration: this.#clock.monotonic() - startedMonotonic, queries, calls };
    }
  }
}

function totalOf(calls: readonly CallCount[]): number {
  return calls.reduce((total, { count }) => total + count, 0);
}

function keyOf({ operation, result }: CallCount): string {
  return `${operation} ${result}`;
}
