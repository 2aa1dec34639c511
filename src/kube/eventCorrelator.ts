import type { Clock } from '../clock.ts';

/** Object that an event refers to: `involvedObject` (core/v1 ObjectReference). */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Single event of an event. */
export interface EventInput {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Annotations of the Event. They are not part of its identity: equal events share the latest ones. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly at: Date;
}

/** Event object for all equal events so far. */
export interface EventSeries {
  /** `metadata.name` of the Event. */
  readonly name: string;
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

interface TokenBucket {
  tokens: number;
  /** Time of the last update of `tokens` (monotonic). */
  updatedAt: number;
}

/** client-go's maxLruCacheEntries. */
const MAX_LRU_ENTRIES = 4096;
/** client-go's defaultSpamBurst and defaultSpamQPS: a burst of 25 events per object, then one every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

/**
 * Correlates events as client-go's EventCorrelator (tools/record): equal events share one Event with a growing
 * count, and events of an object that emits too many are dropped as spam. Unlike client-go, it doesn't combine similar
 * messages because they name different WorkSpaces, which readers need to see.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #series = new LeastRecentlyUsed<EventSeries>(MAX_LRU_ENTRIES);
  readonly #buckets = new LeastRecentlyUsed<TokenBucket>(MAX_LRU_ENTRIES);
  #created = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts an event and returns its series, or undefined if it is filtered as spam. Spam is counted, too, as in
   * client-go.
   */
  observe(event: EventInput): EventSeries | undefined {
    const { regarding, type, reason, message, at } = event;
    const object = [regarding.apiVersion, regarding.kind, regarding.namespace, regarding.name, regarding.uid];
    const key = JSON.stringify([...object, type, reason, message]);
    const known = this.#series.get(key);
    const series: EventSeries = known
      ? { ...known, count: known.count + 1, last: at }
      : { name: this.#nameFor(regarding.name, at), count: 1, first: at, last: at };
    this.#series.set(key, series);
    return this.#admit(JSON.stringify(object)) ? series : undefined;
  }

  /**
   * Returns `<object>.<hexadecimal nanoseconds>`, as in client-go. It is unique within the process and a valid DNS
   * subdomain for any length of the object's name.
   */
  #nameFor(object: string, at: Date): string {
    const nanoseconds = BigInt(at.getTime()) * 1_000_000n + BigInt(this.#created++ % 1_000_000);
    return `${object.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${nanoseconds.toString(16)}`;
  }

  #admit(object: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(object) ?? { tokens: SPAM_BURST, updatedAt: now };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.updatedAt) / SPAM_REFILL_MS);
    const isAdmitted = tokens >= 1;
    this.#buckets.set(object, { tokens: isAdmitted ? tokens - 1 : tokens, updatedAt: now });
    return isAdmitted;
  }
}

/** Map that drops its least recently used entries when it exceeds its limit. */
class LeastRecentlyUsed<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Sets a value. Writing counts as use because every read is followed by a write. */
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
