import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { HeldLease } from '../../kube/heldLease.ts';
import type { LeaseTiming } from '../../kube/lease.ts';
import type { LeaseManager } from '../../kube/leaseManager.ts';
import type { FleetName } from '../fleetStore.ts';
import { FLEET_ANNOTATION, type LeaseNames, SCOPE_ANNOTATION } from './leaseNames.ts';
import { OwnedFleet } from './ownedFleet.ts';
import { planRebalance } from './rebalance.ts';

export interface OwnershipOptions {
  readonly leases: Pick<
    LeaseManager,
    'acquire' | 'discard' | 'get' | 'holderOf' | 'names' | 'nextExpiry' | 'sinceLastRenewal'
  >;
  readonly names: LeaseNames;
  /** Of this replica. */
  readonly identity: string;
  readonly timing: LeaseTiming;
  /** The fleets that replicas share, with that of the operator's own AWS settings. */
  readonly fleets: () => readonly FleetName[];
  /** Reads anew what the owner before may have written last. Resolves when that is done, or the signal is aborted. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  /** A fleet, or its place, has become this replica's. */
  readonly onGained: (name: FleetName) => void;
  /** A fleet isn't this replica's any more, or is about not to be: what is done in it is to be ended. */
  readonly onLost: (name: FleetName) => void;
  /** This replica doesn't change anything at a place any more. */
  readonly onLeft: (scope: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A replica that hasn't renewed its lease for so many periods gets no share of what is free. What it holds is its own until that expires;
 * but who has only just started can't tell yet whether the leases that it finds have.
 */
const ABSENT_AFTER = 3;

/**
 * Which fleets are this replica's. Each fleet has a Lease, and so has each account and region, as fleets may share one: without both,
 * nothing is changed. A further Lease tells that the replica is alive, so that fleets are spread evenly over those that are.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #ownedFleets = new Map<FleetName, OwnedFleet>();
  readonly #scopes = new Map<string, HeldLease>();
  readonly #handingOver = new Map<FleetName, Promise<void>>();
  #replica: HeldLease | undefined;
  #awake = Promise.withResolvers<void>();

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** The time for which a fleet is this replica's; undefined if it is another's, or nobody's. */
  owned(name: FleetName): OwnedFleet | undefined {
    return this.#handingOver.has(name) ? undefined : this.#ownedFleets.get(name);
  }

  /** Something has changed: the leases of others, or which fleets there are. */
  wake(): void {
    this.#awake.resolve();
  }

  /** Shares the fleets with the other replicas until the signal is aborted. */
  async run(stopping: AbortSignal): Promise<void> {
    const { leases, timing, clock } = this.#options;
    stopping.addEventListener('abort', () => this.wake(), { once: true });
    while (!stopping.aborted) {
      this.#awake = Promise.withResolvers();
      await this.#share(stopping);
      const woken = new AbortController();
      // A lease can be taken the moment it has expired.
      const wait = Math.min(timing.retryPeriod, leases.nextExpiry() + 1);
      const slept = clock.sleep(wait, woken.signal).catch(() => {});
      await Promise.race([slept, this.#awake.promise]);
      woken.abort();
    }
  }

  /** Gives everything up, once what is in flight has ended, so that other replicas take it over at once. */
  async stop(): Promise<void> {
    await this.#replica?.release();
    await Promise.all([...this.#ownedFleets.keys()].map((name) => this.#handOver(name)));
    await this.#options.leases.discard(this.#options.names.ofReplica(this.#options.identity));
  }

  /** AWS has said where a fleet is. Seeks the place for this replica; resolves when that is decided for now. */
  async locate(name: FleetName, scope: string): Promise<void> {
    const ownedFleet = this.owned(name);
    if (ownedFleet === undefined) {
      return;
    }
    const left = ownedFleet.scope;
    ownedFleet.locate(scope, this.#scopes.get(scope));
    if (left !== undefined && left !== scope) {
      await this.#leave(left);
    }
    await ownedFleet.lease.annotate({ [SCOPE_ANNOTATION]: scope });
    if (!(await this.#seek(scope))) {
      this.wake();
    }
  }

  async #share(stopping: AbortSignal): Promise<void> {
    const { leases, names, identity } = this.#options;
    if (this.#replica === undefined || this.#replica.ended.aborted) {
      this.#replica = await leases.acquire(names.ofReplica(identity));
    }
    this.#notice();
    const { take, giveUp } = this.#changes();
    for (const name of giveUp) {
      void this.#handOver(name);
    }
    await this.#take(
      take.filter((name) => !this.#handingOver.has(name)),
      stopping,
    );
    const scopes = new Set(this.#open().flatMap(([, { scope = [] }]) => scope));
    await Promise.all([...scopes].map((scope) => this.#seek(scope)));
    await this.#forgetTheDead();
  }

  /** Ends what was lost: fleets whose lease another has taken, or that are gone, and those at a place that another has taken. */
  #notice(): void {
    const fleets = new Set(this.#options.fleets());
    for (const [name, ownedFleet] of this.#ownedFleets) {
      const isLost =
        ownedFleet.lease.ended.aborted ||
        (ownedFleet.scope !== undefined && this.#scopes.get(ownedFleet.scope)?.ended.aborted);
      if (isLost || !fleets.has(name)) {
        void this.#handOver(name);
      }
    }
  }

  #changes(): { take: FleetName[]; giveUp: FleetName[] } {
    const { leases, names, identity, fleets } = this.#options;
    const byKey = new Map(fleets().map((name) => [names.ofFleet(name), name]));
    const { take, giveUp } = planRebalance({
      me: identity,
      replicas: this.#replicas(),
      fleets: [...byKey.keys()].map((key) => ({
        key,
        scope: leases.get(key)?.metadata.annotations?.[SCOPE_ANNOTATION],
        holder: leases.holderOf(key),
      })),
      holderOfScope: (scope) => leases.holderOf(names.ofScope(scope)),
    });
    const namesOf = (keys: readonly string[]) => keys.map((key) => byKey.get(key));
    return { take: namesOf(take), giveUp: namesOf(giveUp) };
  }

  #replicas(): string[] {
    const { leases, names, identity, timing } = this.#options;
    const alive = leases
      .names()
      .filter((name) => names.isOfReplica(name) && leases.sinceLastRenewal(name) < timing.retryPeriod * ABSENT_AFTER)
      .flatMap((name) => leases.holderOf(name) ?? []);
    return [...new Set([identity, ...alive])];
  }

  async #take(wanted: readonly FleetName[], stopping: AbortSignal): Promise<void> {
    const { leases, names, refresh, onGained, log } = this.#options;
    const taken = await Promise.all(
      wanted.map(async (name) => {
        const lease = await leases.acquire(names.ofFleet(name), name === undefined ? {} : { [FLEET_ANNOTATION]: name });
        return lease === undefined ? [] : [[name, lease] as const];
      }),
    );
    if (taken.flat().length === 0) {
      return;
    }
    await refresh(stopping);
    if (stopping.aborted) {
      await Promise.all(taken.flat().map(([, lease]) => lease.release()));
      return;
    }
    for (const [name, lease] of taken.flat()) {
      this.#ownedFleets.set(name, new OwnedFleet(lease));
      log.info({ fleet: name, lease: lease.name }, 'fleet taken');
      lease.ended.addEventListener('abort', () => this.wake());
      onGained(name);
    }
  }

  /** Takes the lease of a place unless another has it, for the fleets there that are this replica's. Returns whether it is this replica's. */
  async #seek(scope: string): Promise<boolean> {
    const { leases, names, onGained } = this.#options;
    const known = this.#scopes.get(scope);
    const lease = known === undefined || known.ended.aborted ? await leases.acquire(names.ofScope(scope)) : known;
    if (lease === undefined) {
      return false;
    }
    if (lease !== known) {
      this.#scopes.set(scope, lease);
      lease.ended.addEventListener('abort', () => this.wake());
    }
    for (const [name, ownedFleet] of this.#open()) {
      if (ownedFleet.scope === scope && !ownedFleet.holdsScopeLease) {
        ownedFleet.locate(scope, lease);
        onGained(name);
      }
    }
    return true;
  }

  /** The tenures that aren't about to end. */
  #open(): [FleetName, OwnedFleet][] {
    return [...this.#ownedFleets].filter(([name]) => !this.#handingOver.has(name));
  }

  /** Gives a fleet up once what is in flight in it has ended. */
  #handOver(name: FleetName): Promise<void> {
    const ownedFleet = this.#ownedFleets.get(name);
    const known = this.#handingOver.get(name);
    if (known !== undefined || ownedFleet === undefined) {
      return known ?? Promise.resolve();
    }
    const { leases, fleets, onLost, log } = this.#options;
    const done = ownedFleet
      .end()
      .then(async () => {
        this.#ownedFleets.delete(name);
        await ownedFleet.lease.release();
        if (!fleets().includes(name)) {
          await leases.discard(ownedFleet.lease.name);
        }
        if (ownedFleet.scope !== undefined) {
          await this.#leave(ownedFleet.scope);
        }
        log.info({ fleet: name, lease: ownedFleet.lease.name }, 'fleet given up');
      })
      .finally(() => {
        this.#handingOver.delete(name);
        this.wake();
      });
    this.#handingOver.set(name, done);
    onLost(name);
    return done;
  }

  /** Gives a place up if none of this replica's fleets is there. */
  async #leave(scope: string): Promise<void> {
    const lease = this.#scopes.get(scope);
    if (lease !== undefined && ![...this.#ownedFleets.values()].some((ownedFleet) => ownedFleet.scope === scope)) {
      this.#scopes.delete(scope);
      this.#options.onLeft(scope);
      await lease.release();
    }
  }

  async #forgetTheDead(): Promise<void> {
    const { leases, names } = this.#options;
    const dead = leases.names().filter((name) => names.isOfReplica(name) && leases.holderOf(name) === undefined);
    await Promise.all(dead.map((name) => leases.discard(name)));
  }
}
