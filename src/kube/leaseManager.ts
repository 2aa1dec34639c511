import { type Clock, stopwatch } from '../clock.ts';
import { messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { HeldLease } from './heldLease.ts';
import { annotated, isConflict, type Lease, type LeaseClient, type LeaseTiming, microTime } from './lease.ts';
import { isOlder } from './resource.ts';
import type { WatchChange } from './store.ts';

export interface LeaseManagerOptions {
  readonly api: LeaseClient;
  /** Of this process alone. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  readonly onError: OnError;
}

interface Seen {
  readonly lease: Lease;
  /** When this version of it was first seen, by the monotonic clock alone: nobody's lease expires because somebody sets the time. */
  readonly at: number;
}

/**
 * Leases as one process sees and holds them. Whether another's has expired is judged by how long this process has seen no renewal, never
 * by the times in it, as clocks differ (client-go's leaderelection).
 */
export class LeaseManager {
  readonly #options: LeaseManagerOptions;
  readonly #onError: OnError;
  readonly #seen = new Map<string, Seen>();
  readonly #held = new Map<string, HeldLease>();

  constructor(options: LeaseManagerOptions) {
    this.#options = options;
    this.#onError = safeHandler(options.onError);
  }

  /** A handler of the watch of Leases. Returns whether one has got another holder. */
  observe({ type, object }: WatchChange<Lease>): boolean {
    const { name } = object.metadata;
    const before = this.holderOf(name);
    const known = this.#seen.get(name);
    if (type !== 'Deleted') {
      this.#see(object);
    } else if (known !== undefined && !isOlder(object, known.lease)) {
      this.#seen.delete(name);
    }
    return this.holderOf(name) !== before;
  }

  /** The names of all that there are. */
  names(): string[] {
    return [...this.#seen.keys()];
  }

  /** What is known of a lease, whoever holds it. */
  get(name: string): Lease | undefined {
    return this.#seen.get(name)?.lease;
  }

  /** Who holds a lease; undefined if nobody does, or its holder hasn't renewed it in time. */
  holderOf(name: string): string | undefined {
    const held = this.#held.get(name);
    if (held !== undefined && !held.ended.aborted) {
      return this.#options.identity;
    }
    const seen = this.#seen.get(name);
    return seen === undefined || this.#leftOf(seen) <= 0 ? undefined : seen.lease.spec?.holderIdentity;
  }

  /** How long no renewal of a lease has been seen, in milliseconds. */
  sinceLastRenewal(name: string): number {
    const at = this.#seen.get(name)?.at ?? Number.NEGATIVE_INFINITY;
    return this.#options.clock.monotonic() - at;
  }

  /** Milliseconds until the first of another's leases expires unless it is renewed; Infinity if nobody else holds one. */
  nextExpiry(): number {
    return [...this.#seen.values()]
      .filter((seen) => seen.lease.spec?.holderIdentity !== this.#options.identity && this.#leftOf(seen) > 0)
      .reduce((first, seen) => Math.min(first, this.#leftOf(seen)), Number.POSITIVE_INFINITY);
  }

  /** Takes a lease that nobody holds; undefined if somebody does, or it can't be written. */
  async acquire(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<HeldLease | undefined> {
    if (this.holderOf(name) !== undefined) {
      return undefined;
    }
    const { clock } = this.#options;
    const age = stopwatch(clock);
    try {
      const lease = await this.#take(name, annotations);
      this.#see(lease);
      const held = new HeldLease(lease, age, {
        ...this.#options,
        onError: this.#onError,
        onSeen: (one) => this.#see(one),
      });
      this.#held.set(name, held);
      held.ended.addEventListener('abort', () => this.#held.get(name) === held && this.#held.delete(name));
      return held;
    } catch (error) {
      await this.#failedToTake(name, error);
      return undefined;
    }
  }

  /** Deletes one that nobody holds; does nothing if it isn't as it was seen any more. */
  async discard(name: string): Promise<void> {
    const seen = this.#seen.get(name);
    if (seen === undefined || this.holderOf(name) !== undefined) {
      return;
    }
    try {
      await this.#options.api.delete(seen.lease);
    } catch (error) {
      if (!isConflict(error)) {
        this.#report('delete', name, error);
      }
    }
  }

  #take(name: string, annotations: Readonly<Record<string, string>>): Promise<Lease> {
    const { api, identity, timing, clock } = this.#options;
    const now = microTime(clock.now());
    const lease = this.#seen.get(name)?.lease;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: timing.leaseDuration / 1_000,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (lease?.spec?.leaseTransitions ?? -1) + 1,
    };
    if (lease === undefined) {
      return api.create(name, annotations, spec);
    }
    return api.update(annotated(lease, annotations), spec);
  }

  async #failedToTake(name: string, error: unknown): Promise<void> {
    if (!isConflict(error)) {
      this.#report('take', name, error);
      return;
    }
    try {
      const lease = await this.#options.api.get(name);
      if (lease === undefined) {
        this.#seen.delete(name);
      } else {
        this.#see(lease);
      }
    } catch (cause) {
      this.#report('read', name, cause);
    }
  }

  /** The same version seen again is no renewal, and an earlier one no news. */
  #see(lease: Lease): void {
    const known = this.#seen.get(lease.metadata.name);
    if (known === undefined || isOlder(known.lease, lease)) {
      this.#seen.set(lease.metadata.name, { lease, at: this.#options.clock.monotonic() });
    }
  }

  /** Milliseconds until others may take it. */
  #leftOf({ lease: { spec }, at }: Seen): number {
    const duration = spec?.holderIdentity === undefined ? 0 : (spec.leaseDurationSeconds ?? 0) * 1_000;
    return at + duration - this.#options.clock.monotonic();
  }

  #report(what: string, name: string, cause: unknown): void {
    this.#onError({ message: `cannot ${what} the lease ${name}: ${messageOf(cause)}`, cause });
  }
}
