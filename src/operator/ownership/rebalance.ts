import { compareBy, compareStrings } from '../../compare.ts';

/** Fleet that replicas distribute, by the key of its lease. */
export interface SharedFleet {
  readonly key: string;
  /** AWS scope of the fleet. Undefined before its owner has determined it. */
  readonly scope: string | undefined;
  /** Replica that holds the lease. Undefined if it is free. */
  readonly holder: string | undefined;
}

/** Distribution of the fleets as observed by one replica. */
export interface ClusterView {
  /** Replica that observes the distribution. */
  readonly replica: string;
  /** Living replicas, including this one. */
  readonly replicas: readonly string[];
  readonly fleets: readonly SharedFleet[];
  /** Returns the replica that holds the lease of an AWS scope, or undefined if it is free. */
  readonly holderOfScope: (scope: string) => string | undefined;
}

/** Keys of the fleets that a replica must acquire and release. */
export interface Rebalance {
  readonly acquire: readonly string[];
  readonly release: readonly string[];
}

/** Unit of distribution: all fleets in one AWS scope, because only one replica may make changes there. */
interface Unit {
  readonly fleets: readonly SharedFleet[];
  readonly holder: string | undefined;
}

/**
 * Plans the changes of one replica that distribute the fleets evenly, to within one, with as few moves as possible. All
 * replicas compute the same distribution and apply their part. Where their views differ temporarily, the leases decide.
 */
export function planRebalance({ replica, replicas, fleets, holderOfScope }: ClusterView): Rebalance {
  const units = unitsOf(fleets, holderOfScope);
  const heldBy = (name: string) => units.filter(({ holder }) => holder === name).length;
  const targets = targetsOf(
    replicas.map((name) => [name, heldBy(name)] as const),
    units.length,
  );
  const capacity = new Map([...targets].map(([name, target]) => [name, target - heldBy(name)]));
  const free = units.filter(({ holder }) => holder === undefined);
  const own = units.filter(({ holder }) => holder === replica);
  const assigned = assign(free, capacity).get(replica) ?? [];
  // Free units are distributed before any replica releases one.
  const surplus = free.length > 0 ? 0 : Math.max(0, -(capacity.get(replica) ?? 0));
  const released = own.slice(own.length - surplus);
  const foreign = units.filter(({ holder }) => holder !== replica && holder !== undefined);
  const keysOf = (selected: readonly Unit[], holder: string | undefined) =>
    selected.flatMap((unit) => unit.fleets.filter((fleet) => fleet.holder === holder).map(({ key }) => key));
  return {
    acquire: keysOf([...own.filter((unit) => !released.includes(unit)), ...assigned], undefined),
    release: keysOf([...released, ...foreign], replica),
  };
}

/** Groups fleets into units, sorted by the key of their first fleet. */
function unitsOf(fleets: readonly SharedFleet[], holderOfScope: ClusterView['holderOfScope']): Unit[] {
  const sorted = [...fleets].sort(compareBy(({ key }) => key));
  const groups = Map.groupBy(sorted, ({ key, scope }) => (scope === undefined ? `fleet ${key}` : `scope ${scope}`));
  return [...groups.values()].map((group) => {
    const scope = group[0]?.scope;
    const holder = (scope && holderOfScope(scope)) ?? group.find((fleet) => fleet.holder !== undefined)?.holder;
    return { fleets: group, holder };
  });
}

/** Returns the number of units of each replica. Replicas that hold the most get the remainder. */
function targetsOf(held: readonly (readonly [replica: string, units: number])[], units: number): Map<string, number> {
  const quotient = Math.floor(units / held.length);
  const remainder = units % held.length;
  const sorted = [...held].sort(([a, hasA], [b, hasB]) => hasB - hasA || compareStrings(a, b));
  return new Map(sorted.map(([replica], index) => [replica, index < remainder ? quotient + 1 : quotient]));
}

/** Assigns units to the replicas with capacity, so that no two replicas acquire the same unit. */
function assign(units: readonly Unit[], capacity: ReadonlyMap<string, number>): Map<string, Unit[]> {
  const assignments = new Map<string, Unit[]>();
  const unassigned = [...units];
  for (const [replica, count] of [...capacity].sort(compareBy(([name]) => name))) {
    assignments.set(replica, unassigned.splice(0, Math.max(0, count)));
  }
  return assignments;
}
