import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../kube/resource.ts';
import type { WatchChange } from '../kube/store.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { parseServedFleet, UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy } from '../policy/policy.ts';
import type { ServedSchema } from '../policy/unknownFields.ts';
import { admitsNamespace, DEFAULT_FLEET, type FleetConfig } from '../policy/workspaceFleet.ts';
import type { Blocker } from '../status/conditions.ts';
import { NO_SCHEMAS, type SchemaSource } from './servedSchemas.ts';

/** Name of a WorkspaceFleet. Undefined for the ambient fleet, the AWS settings of the process. */
export type FleetName = string | undefined;

/** Returns the label of a fleet in logs and metrics. No WorkspaceFleet has a name in angle brackets. */
export function fleetLabel(name: FleetName): string {
  return name ?? '<ambient>';
}

/**
 * Fleet of a policy, or the reason why it has none. A policy with a `blocker` makes no changes, and protects applications
 * in its fleet.
 */
export type Assignment = { readonly fleet: FleetConfig; readonly blocker?: Blocker } | { readonly refused: Blocker };

/** Ambient fleet, and the rules by which policies may use it. */
export interface AmbientFleet {
  readonly config: FleetConfig;
  /** Whether the installation names a namespace. */
  readonly serves: (namespace: string) => boolean;
  /** Whether all WorkspaceFleets of the cluster are known. */
  readonly areFleetsKnown: () => boolean;
  /** Whether an earlier process or another replica has observed a WorkspaceFleet. */
  readonly hasEnded: () => boolean;
  /** Whether policies have used the ambient fleet, so that AWS has reported its account. */
  readonly wasUsed: () => boolean;
}

/** Whether a policy refers to a fleet, regardless of whether the fleet allows it. The ambient fleet replaces the default one. */
export function refersTo({ fleetRef = DEFAULT_FLEET }: Pick<Policy, 'fleetRef'>, name: FleetName): boolean {
  return fleetRef === (name ?? DEFAULT_FLEET);
}

interface FleetEntry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: FleetConfig | InvalidResourceError;
}

/** WorkspaceFleets of the cluster and the labels of its namespaces, as last observed by the watches. */
export class FleetStore {
  readonly #ambient: AmbientFleet | undefined;
  readonly #schemas: SchemaSource;
  readonly #fleets = new Map<string, FleetEntry>();
  /** Objects with unknown fields, to parse again when the schema of their CRD is known. */
  readonly #withUnknownFields = new Map<string, KubeObject>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();

  /** Whether a WorkspaceFleet exists or existed since this store was created. */
  #hasObservedFleet = false;

  /** Creates a store. `ambient` is the ambient fleet. Undefined if no policy may use it. */
  constructor(ambient: AmbientFleet | undefined, schemas: SchemaSource = NO_SCHEMAS) {
    this.#ambient = ambient;
    this.#schemas = schemas;
  }

  /** Stores a WorkspaceFleet. Returns whether its spec changed. */
  put(object: KubeObject): boolean {
    const { name, uid, generation, deletionTimestamp } = object.metadata;
    this.#hasObservedFleet = true;
    if (deletionTimestamp !== undefined) {
      return this.delete(name);
    }
    const known = this.#fleets.get(name);
    if (known !== undefined && known.uid === uid && known.generation === generation) {
      return false;
    }
    this.#parse(object);
    if (this.#withUnknownFields.has(name)) {
      void this.#schemas.refresh();
    }
    return true;
  }

  /** Parses the fleets with unknown fields again. Returns the names of those that changed. */
  reparse(): string[] {
    return [...this.#withUnknownFields].flatMap(([name, object]) => {
      const before = unknownFieldsIn(this.#fleets.get(name)?.parsed);
      return isDeepStrictEqual(before, unknownFieldsIn(this.#parse(object))) ? [] : [name];
    });
  }

  #parse(object: KubeObject): FleetEntry['parsed'] {
    const { name, uid, generation } = object.metadata;
    const parsed = parse(object, this.#schemas.get('WorkspaceFleet'));
    this.#fleets.set(name, { uid, generation, parsed });
    if (unknownFieldsIn(parsed) === undefined) {
      this.#withUnknownFields.delete(name);
    } else {
      this.#withUnknownFields.set(name, object);
    }
    return parsed;
  }

  /** Removes a WorkspaceFleet. Returns whether it existed. */
  delete(name: string): boolean {
    this.#withUnknownFields.delete(name);
    return this.#fleets.delete(name);
  }

  /** Handles a change from the watch of namespaces. Returns whether the labels changed. */
  observeNamespace({ type, object }: WatchChange<KubeObject>): boolean {
    const { name, labels = {} } = object.metadata;
    if (type === 'Deleted') {
      return this.#labels.delete(name);
    }
    const isChanged = !isDeepStrictEqual(this.#labels.get(name), labels);
    this.#labels.set(name, labels);
    return isChanged;
  }

  /** Returns the fleet with this name, or undefined if it doesn't exist. The ambient fleet exists until it has ended. */
  get(name: FleetName): FleetConfig | InvalidResourceError | undefined {
    return name === undefined
      ? this.hasAmbientFleetEnded
        ? undefined
        : this.#ambient?.config
      : this.#fleets.get(name)?.parsed;
  }

  /** Whether policies can no longer use the ambient fleet, because a WorkspaceFleet exists or existed. */
  get hasAmbientFleetEnded(): boolean {
    return this.#hasObservedFleet || this.#ambient?.hasEnded() === true;
  }

  /** Returns the fleet of a policy, or undefined if the policy is invalid or no fleet allows it. */
  of(policy: Policy | InvalidResourceError | undefined): FleetConfig | undefined {
    if (policy === undefined || policy instanceof InvalidResourceError) {
      return undefined;
    }
    const assignment = this.assign(policy);
    return 'fleet' in assignment ? assignment.fleet : undefined;
  }

  /** Returns the name of the fleet that reads a queue: the first one in alphabetical order. Undefined if there is none. */
  queueReader(queue: string): string | undefined {
    return this.names()
      .filter((name) => {
        const fleet = this.#fleets.get(name)?.parsed;
        return fleet !== undefined && !(fleet instanceof InvalidResourceError) && fleet.events?.queue === queue;
      })
      .sort()[0];
  }

  /** Returns the names of all WorkspaceFleets. */
  names(): string[] {
    return [...this.#fleets.keys()];
  }

  /**
   * Assigns a policy to its fleet. The refusal is the same for a missing fleet, an invalid one, and one that doesn't
   * allow the namespace, so that policy authors can't probe for fleets.
   */
  assign({ namespace, fleetRef }: Pick<Policy, 'namespace' | 'fleetRef'>): Assignment {
    const name = fleetRef ?? DEFAULT_FLEET;
    const fleet = this.#fleets.get(name)?.parsed;
    if (fleet === undefined && fleetRef === undefined && this.#ambient?.serves(namespace)) {
      return this.#assignAmbient(this.#ambient, namespace);
    }
    const labels = this.#labels.get(namespace);
    const isAllowed =
      fleet !== undefined &&
      !(fleet instanceof InvalidResourceError) &&
      (fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)));
    return isAllowed ? { fleet } : { refused: refusal(fleetRef, namespace) };
  }

  /**
   * Assigns a policy of a namespace that the installation names. Once the ambient fleet has ended, policies make no changes
   * in it. They still protect what they allow there if policies have used it: another fleet can be in the same account.
   */
  #assignAmbient({ config, areFleetsKnown, wasUsed }: AmbientFleet, namespace: string): Assignment {
    if (!areFleetsKnown()) {
      return { refused: { reason: 'Pending', message: 'the WorkspaceFleets are not known yet', terminal: false } };
    }
    if (!this.hasAmbientFleetEnded) {
      return { fleet: config };
    }
    return wasUsed() ? { fleet: config, blocker: AMBIENT_FLEET_ENDED } : { refused: refusal(undefined, namespace) };
  }
}

const AMBIENT_FLEET_ENDED: Blocker = {
  reason: 'FleetNotFound',
  message:
    `no WorkspaceFleet ${DEFAULT_FLEET} exists, and the operator's own AWS settings serve no policies once a WorkspaceFleet ` +
    `exists; create the WorkspaceFleet ${DEFAULT_FLEET}, or set spec.fleetRef to a fleet that allows this namespace`,
  terminal: true,
};

function refusal(fleetRef: string | undefined, namespace: string): Blocker {
  const [settings, remedy] =
    fleetRef === undefined
      ? [", and the operator's own AWS settings don't serve it", 'a WorkspaceFleet']
      : ['', 'another fleet'];
  return {
    reason: 'RefNotPermitted',
    message:
      `no WorkspaceFleet ${fleetRef ?? DEFAULT_FLEET} allows policies from namespace ${namespace}${settings}; ` +
      `set spec.fleetRef to ${remedy}, or ask your platform team to allow this namespace`,
    terminal: true,
  };
}

/** Returns the unknown fields that a user set in a fleet. Undefined if there are none. */
export function unknownFieldsIn(fleet: FleetConfig | InvalidResourceError | undefined): readonly string[] | undefined {
  if (fleet instanceof InvalidResourceError) {
    return fleet instanceof UnknownFieldsError ? fleet.fields : undefined;
  }
  return fleet?.unknownFields;
}

function parse(object: KubeObject, served: ServedSchema | undefined): FleetConfig | InvalidResourceError {
  try {
    return parseServedFleet(object, served);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
