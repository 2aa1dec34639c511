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

/** A fleet's name; undefined: the operator's own AWS settings. */
export type FleetName = string | undefined;

/** What a fleet is called in logs and metrics: no FleetConfig has a name in angle brackets. */
export function fleetLabel(name: FleetName): string {
  return name ?? '<ambient>';
}

/** The fleet that a policy is about, or why there is none. */
export type Assignment = { readonly fleet: FleetConfig } | { readonly refused: Blocker };

interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: FleetConfig | InvalidResourceError;
}

/** Every FleetConfig of the cluster and the labels of its namespaces, as the watches last saw them. */
export class FleetStore {
  readonly #ambient: FleetConfig | undefined;
  readonly #fleets = new Map<string, Entry>();
  /** Objects with unknown fields, to parse again when the schema of their CRD is known. */
  readonly #withUnknownFields = new Map<string, KubeObject>();
  readonly #schemas: SchemaSource;
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();

  /** `ambient`: the operator's own AWS settings, if policies without a fleet may use them. */
  constructor(ambient: FleetConfig | undefined, schemas: SchemaSource = NO_SCHEMAS) {
    this.#ambient = ambient;
    this.#schemas = schemas;
  }

  /** Takes in a FleetConfig. Returns whether anything but its status or its metadata has changed. */
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

  #parse(object: KubeObject): Entry['parsed'] {
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

  /** Returns whether it was known. */
  delete(name: string): boolean {
    this.#withUnknownFields.delete(name);
    return this.#fleets.delete(name);
  }

  /** A handler of the watch of namespaces. Returns whether the labels have changed. */
  observeNamespace({ type, object }: WatchChange<KubeObject>): boolean {
    const { name, labels = {} } = object.metadata;
    if (type === 'Deleted') {
      return this.#labels.delete(name);
    }
    const isNew = !isDeepStrictEqual(this.#labels.get(name), labels);
    this.#labels.set(name, labels);
    return isNew;
  }

  /** The fleet of this name, or of the operator's own AWS settings where that is undefined; undefined if there is none. */
  get(name: FleetName): FleetConfig | InvalidResourceError | undefined {
    return name === undefined ? this.#ambient : this.#fleets.get(name)?.parsed;
  }

  /** The fleet of a policy; undefined if that isn't valid, or no fleet admits it. */
  of(policy: Policy | InvalidResourceError | undefined): FleetConfig | undefined {
    if (policy === undefined || policy instanceof InvalidResourceError) {
      return undefined;
    }
    const assignment = this.assign(policy);
    return 'fleet' in assignment ? assignment.fleet : undefined;
  }

  /** The names of all that there are. */
  names(): string[] {
    return [...this.#fleets.keys()];
  }

  /**
   * The fleet of a policy. Whether a fleet doesn't exist, isn't valid or doesn't admit the policy's namespace is all one to the policy,
   * so that nobody finds out by asking.
   */
  assign({ namespace, fleetRef }: Pick<Policy, 'namespace' | 'fleetRef'>): Assignment {
    const name = fleetRef ?? DEFAULT_FLEET;
    const fleet = this.#fleets.get(name)?.parsed;
    if (fleet === undefined && fleetRef === undefined && this.#ambient !== undefined) {
      return { fleet: this.#ambient };
    }
    const labels = this.#labels.get(namespace);
    const isAdmitted =
      fleet !== undefined &&
      !(fleet instanceof InvalidResourceError) &&
      (fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)));
    return isAdmitted ? { fleet } : { refused: refusal(name, namespace) };
  }
}

function refusal(fleet: string, namespace: string): Blocker {
  return {
    reason: 'RefNotPermitted',
    message:
      `there is no WorkspaceFleet ${fleet} that admits policies of the namespace ${namespace}; ` +
      'name another in spec.fleetRef, or ask whoever keeps the fleets',
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
