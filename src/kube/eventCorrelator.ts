import type { Clock } from '../clock.ts';

/** What an event is about: `involvedObject` (core/v1 ObjectReference). */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Something that happened once. */
export interface EventInput {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly at: Date;
}

/** The Event object that stands for an occurrence and all equal ones before it. */
export interface EventSeries {
  /** The Event's metadata.name. */
  readonly name: string;
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, on the monotonic clock. */
  at: number;
}

/** client-go's maxLruCacheEntries. */
const MAX_ENTRIES = 4096;
/** client-go's defaultSpamBurst and defaultSpamQPS: 25 events on an object at once, then one every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

/**
 * client-go's EventCorrelator (tools/record): equal occurrences share one Event whose count grows, and an object on which too much happens
 * is silenced. Its third part, folding ten similar messages of one reason into a "combined from similar events", is left out: messages
 * that differ name different WorkSpaces, and which ones is what a reader wants to know.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #series = new LeastRecentlyUsed<EventSeries>(MAX_ENTRIES);
  readonly #buckets = new LeastRecentlyUsed<Bucket>(MAX_ENTRIES);
  #created = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The series of this occurrence, itself counted; undefined if it is filtered as spam (it is counted nevertheless, as in client-go). */
  observe(occurrence: EventInput): EventSeries | undefined {
    const { regarding, type, reason, message, at } = occurrence;
    const object = [regarding.apiVersion, regarding.kind, regarding.namespace, regarding.name, regarding.uid];
    const key = JSON.stringify([...object, type, reason, message]);
    const known = this.#series.get(key);
    const series: EventSeries = known
      ? { ...known, count: known.count + 1, last: at }
      : { name: this.#nameFor(regarding.name, at), count: 1, first: at, last: at };
    this.#series.set(key, series);
    return this.#admits(JSON.stringify(object)) ? series : undefined;
  }

  /** `<object>.<hexadecimal nanoseconds>`, as in client-go, unique within the process, and a DNS subdomain however long the object's name is. */
  #nameFor(object: string, at: Date): string {
    const nanoseconds = BigInt(at.getTime()) * 1_000_000n + BigInt(this.#created++ % 1_000_000);
    return `${object.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${nanoseconds.toString(16)}`;
  }

  #admits(object: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(object) ?? { tokens: SPAM_BURST, at: now };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.at) / SPAM_REFILL_MS);
    const admitted = tokens >= 1;
    this.#buckets.set(object, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  }
}

/** A map that forgets what was not used for longest when it has more than `limit` entries. */
class LeastRecentlyUsed<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Writing is what counts as use here: every read is followed by a write. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) {
        return;
      }
      this.#entries.delete(oldest);
    }
  }
}
