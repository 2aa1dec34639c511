import type { HeldLease } from '../../kube/heldLease.ts';
import type { ClusterLease } from './clusterLease.ts';

type LeaseHandle = Pick<HeldLease, 'name' | 'mayAct' | 'isHeld' | 'ended' | 'annotate' | 'release'>;

/** Claim of this operator on the policies that it manages. */
export type ClusterLeaseHandle = Pick<ClusterLease, 'mayAct' | 'isHeld'>;

/** Period during which this replica owns a fleet, from acquiring its lease to releasing or losing it. */
export class OwnedFleet {
  readonly lease: LeaseHandle;
  readonly #cluster: ClusterLeaseHandle;
  #scope: { readonly name: string; readonly lease: LeaseHandle | undefined } | undefined;
  #isReleasing = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  /** Creates the period. `cluster`: the claim of this operator on the policies that it manages. */
  constructor(lease: LeaseHandle, cluster: ClusterLeaseHandle) {
    this.lease = lease;
    this.#cluster = cluster;
  }

  /** AWS scope of the fleet (account and region). Undefined before it is known. */
  get scope(): string | undefined {
    return this.#scope?.name;
  }

  /** Whether this replica holds the AWS scope of the fleet, so that its policies may be reconciled. */
  get holdsScopeLease(): boolean {
    return !this.#isReleasing && this.#scope?.lease?.ended.aborted === false;
  }

  /** Whether the fleet is being released: no work must start. */
  get isReleasing(): boolean {
    return this.#isReleasing;
  }

  /** Whether changes in the fleet are permitted. Check it right before each change. */
  get mayAct(): boolean {
    return !this.#isReleasing && this.lease.mayAct && this.#scope?.lease?.mayAct === true && this.#cluster.mayAct;
  }

  /** Whether this replica may write the statuses of the fleet and its policies. */
  get mayWriteStatus(): boolean {
    return this.lease.isHeld && this.#cluster.isHeld;
  }

  /** Records the AWS scope of the fleet and its lease, if this replica holds it. */
  locate(name: string, lease: LeaseHandle | undefined): void {
    this.#scope = { name, lease };
  }

  /** Runs work that a release waits for. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await work();
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) {
        for (const resolve of this.#idleWaiters.splice(0)) {
          resolve();
        }
      }
    }
  }

  /** Starts the release. Resolves when work in progress has ended. */
  async release(): Promise<void> {
    this.#isReleasing = true;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }
}
