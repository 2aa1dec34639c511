import type { FleetName, FleetStore } from './fleetStore.ts';
import type { PolicyStore } from './policyStore.ts';

export interface FleetUsageOptions {
  readonly fleetStore: Pick<FleetStore, 'of' | 'names'>;
  readonly policyStore: Pick<PolicyStore, 'valid'>;
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

  /** Returns the fleets that a replica must own, including the ambient fleet for policies without a fleet. */
  fleetsToOwn(): FleetName[] {
    return [undefined, ...this.#options.fleetStore.names().filter((name) => this.isManaged(name))];
  }
}
