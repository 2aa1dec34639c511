import { isDeepStrictEqual } from 'node:util';
import type { PolicyAuthors } from '../audit/policyAuthors.ts';
import type { Clock } from '../clock.ts';
import type { PolicyObject } from '../kube/resources.ts';
import { type PolicyAnnotations, parseAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { parseProtections } from '../policy/parseProtections.ts';
import { parseServedPolicy, UnknownFieldsError } from '../policy/parseServed.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { ServedSchema } from '../policy/unknownFields.ts';
import { EffectivePolicies, type FleetBinding } from './effectivePolicies.ts';
import { NO_SCHEMAS, type SchemaSource } from './servedSchemas.ts';

/** Policy or the reason why it is invalid, and its annotations. */
export interface PolicyEntry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: Policy | InvalidResourceError;
  readonly annotations: PolicyAnnotations;
  /** Who edited and approved the policy. Undefined if it is unknown. */
  readonly authors?: PolicyAuthors | undefined;
}

/** Policies of the cluster as last observed by the watch. Each version of a spec is parsed once. */
export class PolicyStore {
  readonly #clock: Clock;
  readonly #effectivePolicies: EffectivePolicies;
  readonly #schemas: SchemaSource;
  readonly #entries = new Map<string, PolicyEntry>();
  /** Objects with unknown fields, to parse again when the schema of their CRD is known. */
  readonly #withUnknownFields = new Map<string, PolicyObject>();

  /** Creates a store. `bindingFor` returns the fleet of a policy, or undefined if no fleet allows it. */
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
   * Stores an object. Returns what changed: the spec, which affects other policies, too, only the annotations, or
   * nothing relevant. The status is relevant only in the version in which an approval first appears.
   */
  put(key: string, object: PolicyObject): 'Spec' | 'Annotations' | 'Nothing' {
    const { uid, generation, deletionTimestamp, authors } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key) ? 'Spec' : 'Nothing';
    }
    const entry = this.#entries.get(key);
    // Another object of the same name inherits nothing.
    const known = entry?.uid === uid ? entry : undefined;
    const annotations = parseAnnotations(object, known?.annotations, this.#clock.now());
    if (known !== undefined && known.generation === generation) {
      this.#entries.set(key, { ...known, annotations, authors });
      return known.annotations.reconcileRequestedAt !== annotations.reconcileRequestedAt ||
        known.annotations.approval !== annotations.approval ||
        !isDeepStrictEqual(known.annotations.restoreConfirmation, annotations.restoreConfirmation)
        ? 'Annotations'
        : 'Nothing';
    }
    this.#parse(key, object, { uid, generation, annotations, authors });
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

  #parse(key: string, object: PolicyObject, entry: Omit<PolicyEntry, 'parsed'>): PolicyEntry['parsed'] {
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

  /** Removes a policy. Returns whether it existed. */
  delete(key: string): boolean {
    this.#effectivePolicies.set(key, undefined);
    this.#withUnknownFields.delete(key);
    return this.#entries.delete(key);
  }

  /** Evaluates the fleets of all policies again. Returns the keys of the policies whose fleet or limits changed. */
  reassign(): string[] {
    return this.#effectivePolicies.reassign();
  }

  get(key: string): PolicyEntry | undefined {
    return this.#entries.get(key);
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** Returns all valid policies as defined in their resources. */
  valid(): Policy[] {
    return [...this.#entries.values()].flatMap(({ parsed }) =>
      parsed instanceof InvalidResourceError ? [] : [parsed],
    );
  }

  /** Returns a policy restricted by its fleet, or undefined if it is invalid or no fleet allows it. */
  admitted(key: string): Policy | undefined {
    return this.#entries.get(key)?.parsed instanceof InvalidResourceError
      ? undefined
      : this.#effectivePolicies.get(key);
  }

  /**
   * Returns all evaluated policies by key, including the protections of invalid policies and of recently deleted or
   * narrowed ones. The array is the same as long as none of them changes.
   */
  policies(): readonly Policy[] {
    return this.#effectivePolicies.policies();
  }

  /**
   * Returns the policies that can select the same WorkSpaces as a policy, including itself, by key. The array is the
   * same as long as none of them changes.
   */
  overlapping(policy: Policy): readonly Policy[] {
    return this.#effectivePolicies.overlapping(policy);
  }

  /** Returns the policies that can select WorkSpaces of the same AWS account and region as a policy, including itself, by key. */
  inScope(policy: Policy): readonly Policy[] {
    return this.#effectivePolicies.inScope(policy);
  }

  /** Returns the selector of a policy or of the protection of an invalid one. Undefined if it isn't evaluated. */
  selectorOf(key: string): WorkspaceSelector | undefined {
    return this.#effectivePolicies.get(key)?.workspaceSelector;
  }
}

/** Returns what applies of a resource: the policy, or what it protects if it isn't valid. */
function protectionsIn(parsed: PolicyEntry['parsed'], object: PolicyObject): Policy | undefined {
  if (parsed instanceof UnknownFieldsError) {
    return parsed.protections;
  }
  return parsed instanceof InvalidResourceError ? parseProtections(object) : parsed;
}

function messageOf(parsed: PolicyEntry['parsed']): string | undefined {
  return parsed instanceof InvalidResourceError ? parsed.message : undefined;
}

function parse(object: PolicyObject, served: ServedSchema | undefined): Policy | InvalidResourceError {
  try {
    return parseServedPolicy(object, served);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
