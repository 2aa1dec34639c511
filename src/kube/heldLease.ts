import { type Clock, stopwatch } from '../clock.ts';
import { messageOf } from './apiError.ts';
import type { OnError } from './backgroundError.ts';
import { annotated, isConflict, type Lease, type LeaseClient, type LeaseTiming, microTime } from './lease.ts';

export interface HeldLeaseOptions {
  readonly api: LeaseClient;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  readonly onError: OnError;
  /** Told of each version that was written or read. */
  readonly onSeen: (lease: Lease) => void;
}

/**
 * A Lease that this process holds, and renews until it gives it up or finds that another has taken it. A renewal that comes late is one
 * all the same, if nobody has taken it meanwhile: until then its holder only pauses.
 */
export class HeldLease {
  readonly #options: HeldLeaseOptions;
  readonly #ended = new AbortController();
  readonly #keeping: Promise<void>;
  #lease: Lease;
  #annotations: Readonly<Record<string, string>> = {};
  /** Since the last renewal was sent. */
  #age: () => number;
  #isFailing = false;

  /** `lease`: as it was taken; `age`: since before that was sent. */
  constructor(lease: Lease, age: () => number, options: HeldLeaseOptions) {
    this.#lease = lease;
    this.#age = age;
    this.#options = options;
    this.#keeping = this.#keep();
  }

  get name(): string {
    return this.#lease.metadata.name;
  }

  /** Aborted once the lease is another's, or was given up. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Whether what the lease is about may be changed. A lease doesn't fence: ask right before each change, as this process may have stood
   * still for any time since it was last asked.
   */
  get mayAct(): boolean {
    return !this.ended.aborted && this.#age() < this.#options.timing.renewDeadline;
  }

  /** Whether nobody else can hold it yet: so long may be told what was done. */
  get isHeld(): boolean {
    return !this.ended.aborted && this.#age() < this.#options.timing.leaseDuration;
  }

  /** Has it say something of what it is about, from now on and also when it has been given up. */
  async annotate(annotations: Readonly<Record<string, string>>): Promise<void> {
    this.#annotations = { ...this.#annotations, ...annotations };
    const known = this.#lease.metadata.annotations ?? {};
    if (Object.entries(annotations).some(([key, value]) => known[key] !== value)) {
      await this.#renew();
    }
  }

  /** Gives it up, so that others needn't wait until it expires. */
  async release(): Promise<void> {
    if (this.ended.aborted) {
      return;
    }
    this.#ended.abort();
    await this.#keeping;
    const { holderIdentity: _, ...spec } = this.#lease.spec ?? {};
    await this.#write({ ...spec, renewTime: this.#now() }).catch((error) => {
      // Then it expires.
      this.#report('give up', error);
    });
  }

  async #keep(): Promise<void> {
    const { clock, timing } = this.#options;
    while (!this.ended.aborted) {
      await clock.sleep(timing.retryPeriod, this.ended).catch(() => {});
      if (!this.ended.aborted) {
        await this.#renew();
      }
    }
  }

  async #renew(): Promise<void> {
    const age = stopwatch(this.#options.clock);
    try {
      await this.#write({ ...this.#lease.spec, renewTime: this.#now() });
      this.#age = age;
      this.#isFailing = false;
    } catch (error) {
      if (isConflict(error)) {
        await this.#look();
      } else if (!this.#isFailing) {
        this.#isFailing = true;
        this.#report('renew', error);
      }
    }
  }

  /** Somebody has written the lease: whoever has taken it, the answer to a renewal that was lost, or a person who labelled it. */
  async #look(): Promise<void> {
    const { api, identity, onSeen } = this.#options;
    try {
      const lease = await api.get(this.name);
      if (lease?.spec?.holderIdentity === identity) {
        this.#lease = lease;
      } else {
        this.#ended.abort();
      }
      if (lease !== undefined) {
        onSeen(lease);
      }
    } catch (error) {
      this.#report('read', error);
    }
  }

  async #write(spec: Lease['spec'] & object): Promise<void> {
    const { api, onSeen } = this.#options;
    this.#lease = await api.update(annotated(this.#lease, this.#annotations), spec);
    onSeen(this.#lease);
  }

  #now(): string {
    return microTime(this.#options.clock.now());
  }

  #report(what: string, cause: unknown): void {
    this.#options.onError({ message: `cannot ${what} the lease ${this.name}: ${messageOf(cause)}`, cause });
  }
}
