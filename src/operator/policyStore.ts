import type { Clock } from '../clock.ts';
import type { KubeObject } from '../kube/resource.ts';
import { type PolicyAnnotations, parseAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { parseProtections } from '../policy/parseProtections.ts';
import { parseServedPolicy, UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { ServedSchema } from '../policy/unknownFields.ts';
import { EffectivePolicies, type FleetBinding } from './effectivePolicies.ts';
import { NO_SCHEMAS, type SchemaSource } from './servedSchemas.ts';

/** A policy, or why the object is none, and what a person asks of it. */
export interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: Policy | InvalidResourceError;
  readonly annotations: PolicyAnnotations;
}

/** Every policy of the cluster as the watch last saw it, read once for each version of its spec. */
export class PolicyStore {
  readonly #clock: Clock;
  readonly #effectivePolicies: EffectivePolicies;
  readonly #entries = new Map<string, Entry>();
  /** Objects with unknown fields, to parse again when the schema of their CRD is known. */
  readonly #withUnknownFields = new Map<string, KubeObject>();
  readonly #schemas: SchemaSource;

  /** `bindingFor`: under which terms a policy is about which fleet; undefined if no fleet admits it. */
  constructor(
    clock: Clock,
    bindingFor: (policy: Policy) => FleetBinding | undefined,
    schemas: SchemaSource = NO_SCHEMAS,
  ) {
    this.#clock = clock;
    this.#effectivePolicies = new EffectivePolicies(clock, bindingFor);
    this.#schemas = schemas;
  }

  /**
   * Takes in an object. Returns what has changed: its spec, which concerns other policies as well, only what a person asks of it, or
   * nothing that matters. The status doesn't.
   */
  put(key: string, object: KubeObject): 'Spec' | 'Annotations' | 'Nothing' {
    const { uid, generation, annotations: rawAnnotations, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key) ? 'Spec' : 'Nothing';
    }
    const known = this.#entries.get(key);
    const parsedAnnotations = parseAnnotations(rawAnnotations, this.#clock.now());
    const isNew = known?.annotations.reconcileRequestedAt !== parsedAnnotations.reconcileRequestedAt;
    const receivedAt = known === undefined || isNew ? parsedAnnotations.receivedAt : known.annotations.receivedAt;
    const annotations = { ...parsedAnnotations, receivedAt };
    if (known !== undefined && known.uid === uid && known.generation === generation) {
      this.#entries.set(key, { ...known, annotations });
      return isNew || known.annotations.approvedPlan !== parsedAnnotations.approvedPlan ? 'Annotations' : 'Nothing';
    }
    this.#parse(key, object, { uid, generation, annotations });
    if (this.#withUnknownFields.has(key)) {
      void this.#schemas.refresh();
    }
    return 'Spec';
  }

  /** Parses the policies with unknown fields again. Returns the keys of those that changed. */
  reparse(): string[] {
    return [...this.#withUnknownFields].flatMap(([key, object]) => {
      const known = this.#entries.get(key);
      if (known === undefined) {
        return [];
      }
      const parsed = this.#parse(key, object, known);
      const isSame = parsed instanceof UnknownFieldsError && messageOf(known.parsed) === parsed.message;
      return isSame ? [] : [key];
    });
  }

  #parse(key: string, object: KubeObject, entry: Omit<Entry, 'parsed'>): Entry['parsed'] {
    const parsed = parse(object, this.#schemas.get('WorkspaceApplicationPolicy'));
    this.#entries.set(key, { ...entry, parsed });
    this.#effectivePolicies.set(key, protectionsIn(parsed, object));
    if (parsed instanceof UnknownFieldsError) {
      this.#withUnknownFields.set(key, object);
    } else {
      this.#withUnknownFields.delete(key);
    }
    return parsed;
  }

  /** Returns whether it was known. */
  delete(key: string): boolean {
    this.#effectivePolicies.set(key, undefined);
    this.#withUnknownFields.delete(key);
    return this.#entries.delete(key);
  }

  /** Looks again under which terms policies are about which fleets. Returns the keys of those for which that has changed. */
  reassign(): string[] {
    return this.#effectivePolicies.reassign();
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** The policies as their resources have them, but for those that aren't valid. */
  valid(): Policy[] {
    return [...this.#entries.values()].flatMap(({ parsed }) =>
      parsed instanceof InvalidResourceError ? [] : [parsed],
    );
  }

  /** A policy as its fleet lets it; undefined if it isn't valid, or no fleet admits it. */
  admitted(key: string): Policy | undefined {
    return this.#entries.get(key)?.parsed instanceof InvalidResourceError
      ? undefined
      : this.#effectivePolicies.get(key);
  }

  /**
   * Every policy that has a say, by key: of those that aren't valid what they protect, and of those that have ended what they
   * protected a few minutes ago. The same array for as long as none of them changes.
   */
  policies(): readonly Policy[] {
    return this.#effectivePolicies.policies();
  }

  /**
   * The policies that may have a say in what becomes of the WorkSpaces of one, itself included, by key. The same array for as long as
   * none of these changes.
   */
  overlapping(policy: Policy): readonly Policy[] {
    return this.#effectivePolicies.overlapping(policy);
  }

  /** Which WorkSpaces a policy, or what a policy that isn't valid protects, is about; undefined if it has no say. */
  selectorOf(key: string): WorkspaceSelector | undefined {
    return this.#effectivePolicies.get(key)?.workspaceSelector;
  }
}

/** Returns what applies of a resource: the policy, or what it protects if it isn't valid. */
function protectionsIn(parsed: Entry['parsed'], object: KubeObject): Policy | undefined {
  if (parsed instanceof UnknownFieldsError) {
    return parsed.protections;
  }
  return parsed instanceof InvalidResourceError ? parseProtections(object) : parsed;
}

function messageOf(parsed: Entry['parsed']): string | undefined {
  return parsed instanceof InvalidResourceError ? parsed.message : undefined;
}

function parse(object: KubeObject, served: ServedSchema | undefined): Policy | InvalidResourceError {
  try {
    return parseServedPolicy(object, served);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
