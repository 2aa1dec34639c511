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

/** Fleet of a policy, or the reason why it has none. */
export type Assignment = { readonly fleet: FleetConfig } | { readonly refused: Blocker };

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
  readonly #ambient: FleetConfig | undefined;
  readonly #schemas: SchemaSource;
  readonly #fleets = new Map<string, FleetEntry>();
  /** Objects with unknown fields, to parse again when the schema of their CRD is known. */
  readonly #withUnknownFields = new Map<string, KubeObject>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();

  /** Creates a store. `ambient` is the ambient fleet, if policies without a fleet may use it. */
  constructor(ambient: FleetConfig | undefined, schemas: SchemaSource = NO_SCHEMAS) {
    this.#ambient = ambient;
    this.#schemas = schemas;
  }

  /** Stores a WorkspaceFleet. Returns whether its spec changed. */
  put(object: KubeObject): boolean {
    const { name, uid, generation, deletionTimestamp } = object.metadata;
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

  /** Returns the fleet with this name, or undefined if it doesn't exist. */
  get(name: FleetName): FleetConfig | InvalidResourceError | undefined {
    return name === undefined ? this.#ambient : this.#fleets.get(name)?.parsed;
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
  queueReader(queueURL: string): string | undefined {
    return this.names()
      .filter((name) => {
        const fleet = this.#fleets.get(name)?.parsed;
        return fleet !== undefined && !(fleet instanceof InvalidResourceError) && fleet.events?.queueURL === queueURL;
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
    if (fleet === undefined && fleetRef === undefined && this.#ambient !== undefined) {
      return { fleet: this.#ambient };
    }
    const labels = this.#labels.get(namespace);
    const isAllowed =
      fleet !== undefined &&
      !(fleet instanceof InvalidResourceError) &&
      (fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)));
    return isAllowed ? { fleet } : { refused: refusal(name, namespace) };
  }
}

function refusal(fleet: string, namespace: string): Blocker {
  return {
    reason: 'RefNotPermitted',
    message:
      `no WorkspaceFleet ${fleet} allows policies from namespace ${namespace}; ` +
      'set spec.fleetRef to another fleet, or ask your platform team to allow this namespace',
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
