import type { JsonObject } from './validate.ts';

/** Call to the simulated service, as listed by `GET /_simulator/calls`. */
export interface Call {
  /** Number of the call, starting at 1. The request ID of the response ends with it. */
  readonly number: number;
  /** Time of the call (ISO 8601). */
  readonly time: string;
  readonly operation: string;
  readonly input: unknown;
  /** Page number of a listing, starting at 1. */
  readonly page: number;
  /** Whether the call was processed, even if its response was lost. */
  readonly done: boolean;
  /** HTTP status. Undefined if no response was sent. */
  readonly status?: number | undefined;
  /** `__type` of an error. */
  readonly error?: string | undefined;
  readonly message?: string | undefined;
  /** Fault that affected the call. */
  readonly fault?: string | undefined;
  /** Associations after a change. */
  readonly associations?: readonly JsonObject[] | undefined;
}

/** Log of the latest calls, oldest first. */
export class CallLog {
  readonly #limit: number;
  readonly #onCall: (call: Call) => void;
  readonly #calls: Call[] = [];
  #count = 0;

  constructor(onCall: (call: Call) => void = () => {}, limit = 100_000) {
    this.#onCall = onCall;
    this.#limit = limit;
  }

  /** Returns the number of the next call. */
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
