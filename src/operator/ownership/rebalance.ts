import { compareBy, compareStrings } from '../../compare.ts';
/** A fleet that replicas share among them, by the key of its lease. */
export interface SharedFleet {
  readonly key: string;
  /** The account and region that it is at; undefined before its owner has found out. */
  readonly scope: string | undefined;
  /** The replica that holds its lease; undefined if none does. */
  readonly holder: string | undefined;
}

/** Who has what, as one replica sees it. */
export interface ClusterView {
  readonly me: string;
  /** The replicas that are alive, this one included. */
  readonly replicas: readonly string[];
  readonly fleets: readonly SharedFleet[];
  /** The replica that holds the lease of a place; undefined if none does. */
  readonly holderOfScope: (scope: string) => string | undefined;
}

/** The keys of the fleets that a replica is to take, and to give up. */
export interface Rebalance {
  readonly take: readonly string[];
  readonly giveUp: readonly string[];
}

/** The fleets at one place go together: two replicas must not change the WorkSpaces of one account and region. */
interface Unit {
  readonly fleets: readonly SharedFleet[];
  readonly holder: string | undefined;
}

/**
 * What one replica does for fleets to be spread evenly: to within one, and with as few changing hands as that takes. All replicas come to
 * the same, each acts for itself, and where their views differ for a moment the leases decide.
 */
export function planRebalance({ me, replicas, fleets, holderOfScope }: ClusterView): Rebalance {
  const units = unitsOf(fleets, holderOfScope);
  const held = (replica: string) => units.filter(({ holder }) => holder === replica).length;
  const targets = targetsOf(
    replicas.map((replica) => [replica, held(replica)] as const),
    units.length,
  );
  const room = new Map([...targets].map(([replica, target]) => [replica, target - held(replica)]));
  const free = units.filter(({ holder }) => holder === undefined);
  const mine = units.filter(({ holder }) => holder === me);
  const joining = assign(free, room).get(me) ?? [];
  // Those that nobody holds fill the others up first.
  const surplus = free.length > 0 ? 0 : Math.max(0, -(room.get(me) ?? 0));
  const leaving = mine.slice(mine.length - surplus);
  const others = units.filter(({ holder }) => holder !== me && holder !== undefined);
  const keysOf = (some: readonly Unit[], holder: string | undefined) =>
    some.flatMap((unit) => unit.fleets.filter((fleet) => fleet.holder === holder).map(({ key }) => key));
  return {
    take: keysOf([...mine.filter((unit) => !leaving.includes(unit)), ...joining], undefined),
    giveUp: keysOf([...leaving, ...others], me),
  };
}

/** By the key of their first fleet. */
function unitsOf(fleets: readonly SharedFleet[], holderOfScope: ClusterView['holderOfScope']): Unit[] {
  const sorted = [...fleets].sort(compareBy(({ key }) => key));
  const groups = Map.groupBy(sorted, ({ key, scope }) => (scope === undefined ? `fleet ${key}` : `place ${scope}`));
  return [...groups.values()].map((group) => {
    const scope = group[0]?.scope;
    const holder = (scope && holderOfScope(scope)) ?? group.find((fleet) => fleet.holder !== undefined)?.holder;
    return { fleets: group, holder };
  });
}

/** How many units each replica is to have: those that have most now get the odd ones. */
function targetsOf(held: readonly (readonly [replica: string, units: number])[], units: number): Map<string, number> {
  const least = Math.floor(units / held.length);
  const odd = units % held.length;
  const sorted = [...held].sort(([a, hasA], [b, hasB]) => hasB - hasA || compareStrings(a, b));
  return new Map(sorted.map(([replica], index) => [replica, index < odd ? least + 1 : least]));
}

/** Deals units out to the replicas that have room, so that no two try for the same. */
function assign(units: readonly Unit[], room: ReadonlyMap<string, number>): Map<string, Unit[]> {
  const hands = new Map<string, Unit[]>();
  const rest = [...units];
  for (const [replica, count] of [...room].sort(compareBy(([replica]) => replica))) {
    hands.set(replica, rest.splice(0, Math.max(0, count)));
  }
  return hands;
}
