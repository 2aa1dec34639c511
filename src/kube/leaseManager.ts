import { type Clock, stopwatch } from '../clock.ts';
import { messageOf } from './apiError.ts';
import { type OnError, safeHandler } from './backgroundError.ts';
import { HeldLease } from './heldLease.ts';
import { isConflict, type Lease, type LeaseClient, type LeaseTiming, microTime, withAnnotations } from './lease.ts';
import { isOlder } from './resource.ts';
import type { WatchChange } from './store.ts';

export interface LeaseManagerOptions {
  readonly client: LeaseClient;
  /** Identity of this process. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  readonly onError: OnError;
  /** Called when the first lease is late, so that changes stop, and again when none is late. */
  readonly onPause?: ((pause: LeasePause) => void) | undefined;
}

/** Whether changes that require leases of this process stop, and a human-readable message. */
export interface LeasePause {
  readonly isPaused: boolean;
  readonly message: string;
}

interface ObservedLease {
  readonly lease: Lease;
  /** Time when this version was first observed (monotonic), so that setting the clock doesn't expire a lease. */
  readonly observedAt: number;
}

/**
 * Leases as this process observes and holds them. As in client-go's leaderelection, another process's lease expires
 * when this process has observed no renewal for its duration. Times in the lease are ignored because clocks differ.
 */
export class LeaseManager {
  readonly #options: LeaseManagerOptions;
  readonly #onError: OnError;
  readonly #observed = new Map<string, ObservedLease>();
  readonly #held = new Map<string, HeldLease>();
  /** Leases that were not renewed in time. They often are late together, so that one message covers all. */
  readonly #late = new Set<string>();

  constructor(options: LeaseManagerOptions) {
    this.#options = options;
    this.#onError = safeHandler(options.onError);
  }

  /** Handles a change from the watch of Leases. Returns whether the holder changed. */
  observe({ type, object }: WatchChange<Lease>): boolean {
    const { name } = object.metadata;
    const before = this.holderOf(name);
    const known = this.#observed.get(name);
    if (type !== 'Deleted') {
      this.#record(object);
    } else if (known !== undefined && !isOlder(object, known.lease)) {
      this.#observed.delete(name);
    }
    return this.holderOf(name) !== before;
  }

  /** Returns the names of all observed leases. */
  names(): string[] {
    return [...this.#observed.keys()];
  }

  /** Returns the observed lease, regardless of its holder. */
  get(name: string): Lease | undefined {
    return this.#observed.get(name)?.lease;
  }

  /** Returns the holder of a lease, or undefined if the lease is free or expired. */
  holderOf(name: string): string | undefined {
    const held = this.#held.get(name);
    if (held !== undefined && !held.ended.aborted) {
      return this.#options.identity;
    }
    const observed = this.#observed.get(name);
    return observed === undefined || this.#remainingTime(observed) <= 0
      ? undefined
      : observed.lease.spec?.holderIdentity;
  }

  /** Returns the time since the last observed renewal, in milliseconds. */
  sinceLastRenewal(name: string): number {
    const observedAt = this.#observed.get(name)?.observedAt ?? Number.NEGATIVE_INFINITY;
    return this.#options.clock.monotonic() - observedAt;
  }

  /** Returns the milliseconds until the first lease of another process expires, or infinity if there is none. */
  nextExpiry(): number {
    return [...this.#observed.values()]
      .filter(
        (observed) =>
          observed.lease.spec?.holderIdentity !== this.#options.identity && this.#remainingTime(observed) > 0,
      )
      .reduce((first, observed) => Math.min(first, this.#remainingTime(observed)), Number.POSITIVE_INFINITY);
  }

  /** Takes a free lease. Returns undefined if another process holds it or the write fails. */
  async acquire(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<HeldLease | undefined> {
    if (this.holderOf(name) !== undefined) {
      return undefined;
    }
    const { clock } = this.#options;
    const sinceRenewal = stopwatch(clock);
    try {
      const lease = await this.#take(name, annotations);
      this.#record(lease);
      const held = new HeldLease(lease, sinceRenewal, {
        ...this.#options,
        onError: this.#onError,
        onWrite: (version) => this.#record(version),
        onPause: (isPaused) => this.#setLate(name, isPaused),
      });
      this.#held.set(name, held);
      held.ended.addEventListener('abort', () => this.#held.get(name) === held && this.#held.delete(name));
      return held;
    } catch (error) {
      await this.#handleTakeFailure(name, error);
      return undefined;
    }
  }

  #setLate(name: string, isLate: boolean): void {
    const wasPaused = this.#late.size > 0;
    isLate ? this.#late.add(name) : this.#late.delete(name);
    const isPaused = this.#late.size > 0;
    if (isPaused !== wasPaused) {
      const seconds = this.#options.timing.renewDeadline / 1_000;
      const message = isPaused
        ? `the lease ${name} has not been renewed for ${seconds} s; changes stop until this lease and others that are late are renewed`
        : 'all leases are renewed or have ended, so changes resume';
      this.#options.onPause?.({ isPaused, message });
    }
  }

  /** Deletes a free lease. Does nothing if the lease has changed. */
  async discard(name: string): Promise<void> {
    const observed = this.#observed.get(name);
    if (observed === undefined || this.holderOf(name) !== undefined) {
      return;
    }
    try {
      await this.#options.client.delete(observed.lease);
    } catch (error) {
      if (!isConflict(error)) {
        this.#report('delete', name, error);
      }
    }
  }

  #take(name: string, annotations: Readonly<Record<string, string>>): Promise<Lease> {
    const { client, identity, timing, clock } = this.#options;
    const now = microTime(clock.now());
    const lease = this.#observed.get(name)?.lease;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: timing.leaseDuration / 1_000,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (lease?.spec?.leaseTransitions ?? -1) + 1,
    };
    if (lease === undefined) {
      return client.create(name, annotations, spec);
    }
    return client.update(withAnnotations(lease, annotations), spec);
  }

  async #handleTakeFailure(name: string, error: unknown): Promise<void> {
    if (!isConflict(error)) {
      this.#report('take', name, error);
      return;
    }
    try {
      const lease = await this.#options.client.get(name);
      if (lease === undefined) {
        this.#observed.delete(name);
      } else {
        this.#record(lease);
      }
    } catch (cause) {
      this.#report('read', name, cause);
    }
  }

  /** Records a version of a lease. The same version is no renewal, and an older one is ignored. */
  #record(lease: Lease): void {
    const known = this.#observed.get(lease.metadata.name);
    if (known === undefined || isOlder(known.lease, lease)) {
      this.#observed.set(lease.metadata.name, { lease, observedAt: this.#options.clock.monotonic() });
    }
  }

  /** Returns the milliseconds until other processes may take the lease. */
  #remainingTime({ lease: { spec }, observedAt }: ObservedLease): number {
    const duration = spec?.holderIdentity === undefined ? 0 : (spec.leaseDurationSeconds ?? 0) * 1_000;
    return observedAt + duration - this.#options.clock.monotonic();
  }

  #report(action: string, name: string, cause: unknown): void {
    this.#onError({ message: `cannot ${action} the lease ${name}: ${messageOf(cause)}`, cause });
  }
}
