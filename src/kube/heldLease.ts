import { type Clock, stopwatch } from '../clock.ts';
import { messageOf } from './apiError.ts';
import type { OnError } from './backgroundError.ts';
import { isConflict, type Lease, type LeaseClient, type LeaseTiming, microTime, withAnnotations } from './lease.ts';

export interface HeldLeaseOptions {
  readonly client: LeaseClient;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  readonly onError: OnError;
  /** Called when the deadline passes without a renewal, so that the holder may not make changes, and when it may again or the lease ends. */
  readonly onPause: (isPaused: boolean) => void;
  /** Called for each version that was written or read. */
  readonly onWrite: (lease: Lease) => void;
}

/**
 * Lease held by this process. It is renewed until it is released or another process has taken it. A late renewal is
 * valid if no other process has taken the lease; until then, the holder only pauses.
 */
export class HeldLease {
  readonly #options: HeldLeaseOptions;
  readonly #ended = new AbortController();
  readonly #renewing: Promise<void>;
  #lease: Lease;
  #annotations: Readonly<Record<string, string>> = {};
  /** Returns the time since the last successful renewal was sent, in milliseconds. */
  #sinceRenewal: () => number;
  #isFailing = false;
  /** Whether `onPause` has reported that the holder may not make changes. */
  #isPaused = false;

  /** Starts renewing the lease. `sinceRenewal` counts from before the request that took it. */
  constructor(lease: Lease, sinceRenewal: () => number, options: HeldLeaseOptions) {
    this.#lease = lease;
    this.#sinceRenewal = sinceRenewal;
    this.#options = options;
    this.#renewing = this.#renewPeriodically();
    this.ended.addEventListener('abort', () => this.#setPaused(false));
  }

  get name(): string {
    return this.#lease.metadata.name;
  }

  /** Aborted when the lease is released or another process has taken it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Whether the holder may make changes. A lease doesn't fence: check it right before each change, because this process
   * may have been paused since the last check.
   */
  get mayAct(): boolean {
    return !this.ended.aborted && this.#sinceRenewal() < this.#options.timing.renewDeadline;
  }

  /** Whether no other process can hold the lease yet. Until then, the holder may write statuses. */
  get isHeld(): boolean {
    return !this.ended.aborted && this.#sinceRenewal() < this.#options.timing.leaseDuration;
  }

  /** Adds annotations, which remain after the lease is released. */
  async annotate(annotations: Readonly<Record<string, string>>): Promise<void> {
    this.#annotations = { ...this.#annotations, ...annotations };
    const known = this.#lease.metadata.annotations ?? {};
    if (Object.entries(annotations).some(([key, value]) => known[key] !== value)) {
      await this.#renew();
    }
  }

  /** Releases the lease so that other processes don't have to wait until it expires. */
  async release(): Promise<void> {
    if (this.ended.aborted) {
      return;
    }
    this.#ended.abort();
    await this.#renewing;
    const { holderIdentity: _, ...spec } = this.#lease.spec ?? {};
    await this.#write({ ...spec, renewTime: this.#now() }).catch((error) => {
      // The lease expires instead.
      this.#report('release', error);
    });
  }

  async #renewPeriodically(): Promise<void> {
    const { clock, timing } = this.#options;
    while (!this.ended.aborted) {
      await clock.sleep(timing.retryPeriod, this.ended).catch(() => {});
      if (!this.ended.aborted) {
        await this.#renew();
      }
    }
  }

  async #renew(): Promise<void> {
    const sinceRenewal = stopwatch(this.#options.clock);
    try {
      await this.#write({ ...this.#lease.spec, renewTime: this.#now() });
      this.#sinceRenewal = sinceRenewal;
      this.#isFailing = false;
      this.#setPaused(false);
    } catch (error) {
      if (isConflict(error)) {
        await this.#reread();
      } else if (!this.#isFailing) {
        this.#isFailing = true;
        this.#report('renew', error);
        void this.#reportPause();
      }
    }
  }

  /** Reports that the holder may not make changes, as soon as the deadline has passed without a renewal. */
  async #reportPause(): Promise<void> {
    const { clock, timing } = this.#options;
    while (this.mayAct) {
      await clock.sleep(timing.renewDeadline - this.#sinceRenewal(), this.ended).catch(() => {});
      if (!this.#isFailing) {
        return;
      }
    }
    if (!this.ended.aborted) {
      this.#setPaused(true);
    }
  }

  #setPaused(isPaused: boolean): void {
    if (this.#isPaused !== isPaused) {
      this.#isPaused = isPaused;
      this.#options.onPause(isPaused);
    }
  }

  /**
   * Reads the lease after a conflict: another process has taken it, the response to an earlier renewal was lost, or a
   * user has edited it.
   */
  async #reread(): Promise<void> {
    const { client, identity, onWrite } = this.#options;
    try {
      const lease = await client.get(this.name);
      if (lease?.spec?.holderIdentity === identity) {
        this.#lease = lease;
      } else {
        this.#ended.abort();
      }
      if (lease !== undefined) {
        onWrite(lease);
      }
    } catch (error) {
      this.#report('read', error);
    }
  }

  async #write(spec: Lease['spec'] & object): Promise<void> {
    const { client, onWrite } = this.#options;
    this.#lease = await client.update(withAnnotations(this.#lease, this.#annotations), spec);
    onWrite(this.#lease);
  }

  #now(): string {
    return microTime(this.#options.clock.now());
  }

  #report(action: string, cause: unknown): void {
    this.#options.onError({ message: `cannot ${action} the lease ${this.name}: ${messageOf(cause)}`, cause });
  }
}
