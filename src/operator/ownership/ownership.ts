import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { HeldLease } from '../../kube/heldLease.ts';
import type { LeaseTiming } from '../../kube/lease.ts';
import type { LeaseManager } from '../../kube/leaseManager.ts';
import type { FleetName } from '../fleetStore.ts';
import type { ClusterLease } from './clusterLease.ts';
import { type LeaseNames, SCOPE_ANNOTATION } from './leaseNames.ts';
import { OwnedFleet } from './ownedFleet.ts';
import { planRebalance } from './rebalance.ts';

export interface OwnershipOptions {
  readonly leases: Pick<
    LeaseManager,
    'acquire' | 'discard' | 'get' | 'holderOf' | 'names' | 'nextExpiry' | 'sinceLastRenewal'
  >;
  readonly names: LeaseNames;
  /** Claim of this operator on the policies that it manages. */
  readonly cluster: Pick<ClusterLease, 'isAdmitted' | 'mayAct' | 'isHeld'>;
  /** Identity of this replica. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  /** Returns the fleets that the replicas distribute, including the ambient fleet. */
  readonly fleets: () => readonly FleetName[];
  /** Returns the annotations that the lease of a fleet must have. */
  readonly annotationsOf: (name: FleetName) => Readonly<Record<string, string>>;
  /** Reads again what the previous owner may have written last. Resolves when done or when the signal is aborted. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Listener for changes of ownership. */
export interface OwnershipListener {
  /** Called when this replica gained a fleet or the AWS scope of one. */
  onGained(name: FleetName): void;
  /** Called when this replica has lost a fleet or is about to release it. Work in the fleet must end. */
  onLost(name: FleetName): void;
  /** Called when this replica makes no more changes in an AWS scope. */
  onScopeLeft(scope: string): void;
}

/**
 * Number of retry periods without renewal after which a replica gets no free fleets. It keeps its fleets until its
 * leases expire. A starting replica doesn't know yet whether the leases of others have expired.
 */
const MAX_MISSED_RENEWALS = 3;

/**
 * Decides which fleets this replica owns. Each fleet has a Lease, and each account and region has one because fleets
 * can share it; changes require both. A further Lease shows that the replica is alive, so that fleets are distributed
 * evenly over the living replicas.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #ownedFleets = new Map<FleetName, OwnedFleet>();
  readonly #scopes = new Map<string, HeldLease>();
  readonly #releasing = new Map<FleetName, Promise<void>>();
  #replica: HeldLease | undefined;
  /** Whether the log reports that this replica owns fleets. Undefined before the first report. */
  #isActive: boolean | undefined;
  readonly #listeners: OwnershipListener[] = [];
  #wakeUp = Promise.withResolvers<void>();

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Returns the fleet if this replica owns it and isn't releasing it. */
  owned(name: FleetName): OwnedFleet | undefined {
    return this.#releasing.has(name) ? undefined : this.#ownedFleets.get(name);
  }

  /** Triggers a new distribution after a change of leases or fleets. */
  wake(): void {
    this.#wakeUp.resolve();
  }

  /** Calls a listener on changes of ownership. */
  subscribe(listener: OwnershipListener): void {
    this.#listeners.push(listener);
  }

  /** Distributes the fleets with the other replicas until the signal is aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const { leases, timing, clock } = this.#options;
    stopping.addEventListener('abort', () => this.wake(), { once: true });
    while (!stopping.aborted) {
      this.#wakeUp = Promise.withResolvers();
      await this.#rebalance(stopping);
      const cancelSleep = new AbortController();
      // A lease can be taken as soon as it has expired.
      const wait = Math.min(timing.retryPeriod, leases.nextExpiry() + 1);
      const sleeping = clock.sleep(wait, cancelSleep.signal).catch(() => {});
      await Promise.race([sleeping, this.#wakeUp.promise]);
      cancelSleep.abort();
    }
  }

  /** Releases everything after work in progress has ended, so that other replicas can take over immediately. */
  async stop(): Promise<void> {
    await this.#replica?.release();
    await Promise.all([...this.#ownedFleets.keys()].map((name) => this.#release(name)));
    await this.#options.leases.discard(this.#options.names.ofReplica(this.#options.identity));
  }

  /** Records the AWS scope of a fleet and claims the scope for this replica. Resolves after the attempt. */
  async locate(name: FleetName, scope: string): Promise<void> {
    const ownedFleet = this.owned(name);
    if (ownedFleet === undefined) {
      return;
    }
    const previousScope = ownedFleet.scope;
    ownedFleet.locate(scope, this.#scopes.get(scope));
    if (previousScope !== undefined && previousScope !== scope) {
      await this.#releaseScope(previousScope);
    }
    await ownedFleet.lease.annotate({ [SCOPE_ANNOTATION]: scope });
    if (!(await this.#claimScope(scope))) {
      this.wake();
    }
  }

  async #rebalance(stopping: AbortSignal): Promise<void> {
    const { leases, names, identity, cluster } = this.#options;
    if (!cluster.isAdmitted) {
      await Promise.all(this.#active().map(([name]) => this.#release(name)));
      return;
    }
    if (this.#replica === undefined || this.#replica.ended.aborted) {
      this.#replica = await leases.acquire(names.ofReplica(identity));
    }
    this.#releaseLost();
    const { acquire, release } = this.#planChanges();
    for (const name of release) {
      void this.#release(name);
    }
    await this.#acquire(
      acquire.filter((name) => !this.#releasing.has(name)),
      stopping,
    );
    await Promise.all(this.#active().map(([name, { lease }]) => lease.annotate(this.#options.annotationsOf(name))));
    const scopes = new Set(this.#active().flatMap(([, { scope = [] }]) => scope));
    await Promise.all([...scopes].map((scope) => this.#claimScope(scope)));
    await this.#discardDeadReplicas();
    this.#logRole();
  }

  /** Logs whether this replica owns fleets, when it changes. It has no role while there are no fleets. */
  #logRole(): void {
    const { leases, names, fleets, log } = this.#options;
    const isActive = this.#ownedFleets.size > 0;
    if (isActive === this.#isActive || fleets().length === 0) {
      return;
    }
    this.#isActive = isActive;
    if (isActive) {
      log.info({ fleets: this.#ownedFleets.size }, 'replica active');
    } else {
      const owners = new Set(fleets().flatMap((name) => leases.holderOf(names.ofFleet(name)) ?? []));
      log.info({ owners: [...owners] }, 'replica on standby');
    }
  }

  /** Releases lost fleets: those whose lease or AWS scope another replica has taken, and deleted ones. */
  #releaseLost(): void {
    const fleets = new Set(this.#options.fleets());
    for (const [name, ownedFleet] of this.#ownedFleets) {
      const isLost =
        ownedFleet.lease.ended.aborted ||
        (ownedFleet.scope !== undefined && this.#scopes.get(ownedFleet.scope)?.ended.aborted);
      if (isLost || !fleets.has(name)) {
        void this.#release(name);
      }
    }
  }

  #planChanges(): { acquire: FleetName[]; release: FleetName[] } {
    const { leases, names, identity, fleets } = this.#options;
    const byKey = new Map(fleets().map((name) => [names.ofFleet(name), name]));
    const { acquire, release } = planRebalance({
      replica: identity,
      replicas: this.#replicas(),
      fleets: [...byKey.keys()].map((key) => ({
        key,
        scope: leases.get(key)?.metadata.annotations?.[SCOPE_ANNOTATION],
        holder: leases.holderOf(key),
      })),
      holderOfScope: (scope) => leases.holderOf(names.ofScope(scope)),
    });
    const namesOf = (keys: readonly string[]) => keys.map((key) => byKey.get(key));
    return { acquire: namesOf(acquire), release: namesOf(release) };
  }

  #replicas(): string[] {
    const { leases, names, identity, timing } = this.#options;
    const alive = leases
      .names()
      .filter(
        (name) => names.isOfReplica(name) && leases.sinceLastRenewal(name) < timing.retryPeriod * MAX_MISSED_RENEWALS,
      )
      .flatMap((name) => leases.holderOf(name) ?? []);
    return [...new Set([identity, ...alive])];
  }

  async #acquire(wanted: readonly FleetName[], stopping: AbortSignal): Promise<void> {
    const { leases, names, cluster, annotationsOf, refresh, log } = this.#options;
    const acquired = (
      await Promise.all(
        wanted.map(async (name) => {
          const lease = await leases.acquire(names.ofFleet(name), annotationsOf(name));
          return lease === undefined ? [] : [[name, lease] as const];
        }),
      )
    ).flat();
    if (acquired.length === 0) {
      return;
    }
    await refresh(stopping);
    if (stopping.aborted) {
      await Promise.all(acquired.map(([, lease]) => lease.release()));
      return;
    }
    for (const [name, lease] of acquired) {
      this.#ownedFleets.set(name, new OwnedFleet(lease, cluster));
      log.info({ fleet: name, lease: lease.name }, 'fleet acquired');
      lease.ended.addEventListener('abort', () => this.wake());
      this.#notifyGained(name);
    }
  }

  /**
   * Claims an AWS scope for the fleets of this replica unless another replica holds it. Returns whether this replica
   * holds the scope.
   */
  async #claimScope(scope: string): Promise<boolean> {
    const { leases, names } = this.#options;
    const known = this.#scopes.get(scope);
    const lease = known === undefined || known.ended.aborted ? await leases.acquire(names.ofScope(scope)) : known;
    if (lease === undefined) {
      return false;
    }
    if (lease !== known) {
      this.#scopes.set(scope, lease);
      lease.ended.addEventListener('abort', () => this.wake());
    }
    for (const [name, ownedFleet] of this.#active()) {
      if (ownedFleet.scope === scope && !ownedFleet.holdsScopeLease) {
        ownedFleet.locate(scope, lease);
        this.#notifyGained(name);
      }
    }
    return true;
  }

  /** Returns the owned fleets that aren't being released. */
  #active(): [FleetName, OwnedFleet][] {
    return [...this.#ownedFleets].filter(([name]) => !this.#releasing.has(name));
  }

  /** Releases a fleet after work in progress in it has ended. */
  #release(name: FleetName): Promise<void> {
    const ownedFleet = this.#ownedFleets.get(name);
    const known = this.#releasing.get(name);
    if (known !== undefined || ownedFleet === undefined) {
      return known ?? Promise.resolve();
    }
    const { leases, fleets, log } = this.#options;
    const released = ownedFleet
      .release()
      .then(async () => {
        this.#ownedFleets.delete(name);
        await ownedFleet.lease.release();
        if (!fleets().includes(name)) {
          await leases.discard(ownedFleet.lease.name);
        }
        if (ownedFleet.scope !== undefined) {
          await this.#releaseScope(ownedFleet.scope);
        }
        log.info({ fleet: name, lease: ownedFleet.lease.name }, 'fleet released');
      })
      .finally(() => {
        this.#releasing.delete(name);
        this.wake();
      });
    this.#releasing.set(name, released);
    for (const listener of this.#listeners) {
      listener.onLost(name);
    }
    return released;
  }

  /** Releases an AWS scope if this replica owns no fleet in it. */
  async #releaseScope(scope: string): Promise<void> {
    const lease = this.#scopes.get(scope);
    if (lease !== undefined && ![...this.#ownedFleets.values()].some((ownedFleet) => ownedFleet.scope === scope)) {
      this.#scopes.delete(scope);
      for (const listener of this.#listeners) {
        listener.onScopeLeft(scope);
      }
      await lease.release();
    }
  }

  #notifyGained(name: FleetName): void {
    for (const listener of this.#listeners) {
      listener.onGained(name);
    }
  }

  /** Deletes the leases of replicas that no longer exist. */
  async #discardDeadReplicas(): Promise<void> {
    const { leases, names } = this.#options;
    const expired = leases.names().filter((name) => names.isOfReplica(name) && leases.holderOf(name) === undefined);
    await Promise.all(expired.map((name) => leases.discard(name)));
  }
}
