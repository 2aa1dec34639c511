import type { JsonObject } from './validate.ts';

/** One call to the simulated service, as GET /_simulator/calls lists it. */
export interface Call {
  /** Counts from 1, and is the end of the answer's request id. */
  readonly number: number;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: string;
  readonly input: unknown;
  /** Which page of a listing, from 1. */
  readonly page: number;
  /** Whether it was carried out; a call whose answer was lost was. */
  readonly done: boolean;
  /** The HTTP status of the answer; undefined if none was sent. */
  readonly status?: number | undefined;
  /** The `__type` of an error. */
  readonly error?: string | undefined;
  readonly message?: string | undefined;
  /** The fault that struck it. */
  readonly fault?: string | undefined;
  /** The associations that a change left behind. */
  readonly associations?: readonly JsonObject[] | undefined;
}

/** The last calls, oldest first. */
export class CallLog {
  readonly #limit: number;
  readonly #onCall: (call: Call) => void;
  readonly #calls: Call[] = [];
  #count = 0;

  constructor(onCall: (call: Call) => void = () => {}, limit = 100_000) {
    this.#onCall = onCall;
    this.#limit = limit;
  }

  /** The number of the next call. */
  next(): number {
    this.#count += 1;
    return this.#count;
  }

  add(call: Call): void {
    this.#calls.push(call);
    if (this.#calls.length > this.#limit) {
      this.#calls.shift();
    }
    this.#onCall(call);
  }

  list(): readonly Call[] {
    return [...this.#calls];
  }

  clear(): void {
    this.#calls.length = 0;
  }
}
