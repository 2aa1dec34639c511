import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { HeldLease } from '../../kube/heldLease.ts';
import type { LeaseTiming } from '../../kube/lease.ts';
import type { LeaseManager } from '../../kube/leaseManager.ts';
import type { DeliveryResult } from '../../notifications/deliveryRecords.ts';
import type { ClusterLease } from '../ownership/clusterLease.ts';

export interface NotificationLeaseOptions {
  readonly leases: Pick<LeaseManager, 'acquire' | 'holderOf' | 'nextExpiry'>;
  readonly name: string;
  /** Claim of this operator on the policies. Another operator sends the notifications if it has none. */
  readonly cluster: Pick<ClusterLease, 'mayAct' | 'isHeld' | 'isAdmitted'>;
  readonly timing: LeaseTiming;
  /** Reads again what the previous holder may have written last. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Result of a message if the lease was lost after its entry was written. */
export const NO_LEASE: DeliveryResult = {
  kind: 'NotSent',
  message: 'the replica lost its lease before the request, so another one sends the message',
};

/** Lease of the only replica that sends notifications. */
export class NotificationLease {
  readonly #options: NotificationLeaseOptions;
  #held: HeldLease | undefined;
  #onGained: () => void = () => {};

  constructor(options: NotificationLeaseOptions) {
    this.#options = options;
  }

  /** Whether this replica may send. Check it right before each request. */
  get mayAct(): boolean {
    return this.#options.cluster.mayAct && this.#held?.mayAct === true;
  }

  /** Whether this replica may write the statuses of providers. */
  get isHeld(): boolean {
    return this.#options.cluster.isHeld && this.#held?.isHeld === true;
  }

  /** Calls a listener after the lease was acquired. */
  subscribe(onGained: () => void): void {
    this.#onGained = onGained;
  }

  /** Acquires the lease, again after each loss, until the signal is aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const { leases, name, timing, clock, cluster } = this.#options;
    while (!stopping.aborted) {
      if (!cluster.isAdmitted) {
        await this.stop();
      } else if (this.#held === undefined || this.#held.ended.aborted) {
        this.#held = undefined;
        const lease = await leases.acquire(name);
        await this.#start(lease, stopping);
      }
      const wait = Math.min(timing.retryPeriod, leases.nextExpiry() + 1);
      await clock.sleep(wait, stopping).catch(() => {});
    }
  }

  /** Releases the lease, so that another replica can send immediately. */
  async stop(): Promise<void> {
    await this.#held?.release();
  }

  async #start(lease: HeldLease | undefined, stopping: AbortSignal): Promise<void> {
    if (lease === undefined) {
      return;
    }
    await this.#options.refresh(stopping).catch(() => {});
    if (stopping.aborted) {
      await lease.release();
      return;
    }
    this.#held = lease;
    this.#options.log.info({ lease: lease.name }, 'sending notifications');
    this.#onGained();
  }
}
