import type { FleetStatus } from '../status/fleetStatus.ts';
import type { FleetName, FleetStore } from './fleetStore.ts';
import type { PolicyStore } from './policyStore.ts';
import type { StatusCache } from './statusCache.ts';

export interface FleetUsageOptions {
  readonly fleetStore: Pick<FleetStore, 'of' | 'names'>;
  readonly policyStore: Pick<PolicyStore, 'valid'>;
  readonly fleetStatuses: Pick<StatusCache<FleetStatus>, 'latest'>;
  readonly watchesAllNamespaces: boolean;
}

/** Decides which fleets the operator manages, by the policies that use them. */
export class FleetUsage {
  readonly #options: FleetUsageOptions;

  constructor(options: FleetUsageOptions) {
    this.#options = options;
  }

  /** Returns the number of policies that use a fleet. */
  policyCount(name: FleetName): number {
    const { fleetStore, policyStore } = this.#options;
    return policyStore.valid().filter((policy) => {
      const fleet = fleetStore.of(policy);
      return fleet !== undefined && fleet.name === name;
    }).length;
  }

  /**
   * Whether the operator manages a fleet. An operator that watches all namespaces manages every WorkspaceFleet. The ambient
   * fleet, and the fleets of an operator that watches one namespace, are managed only while policies use them.
   */
  isManaged(name: FleetName): boolean {
    return (this.#options.watchesAllNamespaces && name !== undefined) || this.policyCount(name) > 0;
  }

  /**
   * Whether the owner of a fleet has work in it: policies use the fleet, or its status still shows policies. Other operators can own fleets
   * that this one doesn't, so only the owner may correct the status.
   */
  hasWork(name: FleetName): boolean {
    const shown = name === undefined ? 0 : this.#options.fleetStatuses.latest(name)?.status?.policies;
    return this.isManaged(name) || (shown ?? 0) > 0;
  }

  /**
   * Returns the fleets that a replica must own, including the ambient fleet for policies without a fleet.
   *
   * @param isOwned whether the replica owns a fleet. It keeps the fleet until its work is done
   */
  fleetsToOwn(isOwned: (name: FleetName) => boolean): FleetName[] {
    const names = this.#options.fleetStore.names();
    return [undefined, ...names.filter((name) => this.isManaged(name) || (isOwned(name) && this.hasWork(name)))];
  }
}
