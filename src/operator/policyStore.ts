import type { Clock } from '../clock.ts';
import type { PolicyObject } from '../kube/resources.ts';
import { type PolicyAnnotations, parseAnnotations } from '../policy/annotations.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { parsePolicy } from '../policy/parse.ts';
import { parseProtections } from '../policy/parseProtections.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import { EffectivePolicies, type FleetBinding } from './effectivePolicies.ts';

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

  /** `bindingFor`: under which terms a policy is about which fleet; undefined if no fleet admits it. */
  constructor(clock: Clock, bindingFor: (policy: Policy) => FleetBinding | undefined) {
    this.#clock = clock;
    this.#effectivePolicies = new EffectivePolicies(clock, bindingFor);
  }

  /**
   * Takes in an object. Returns what has changed: its spec, which concerns other policies as well, only what a person asks of it, or
   * nothing that matters. The status doesn't, except in the version in which an approval first appears.
   */
  put(key: string, object: PolicyObject): 'Spec' | 'Annotations' | 'Nothing' {
    const { uid, generation, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key) ? 'Spec' : 'Nothing';
    }
    const entry = this.#entries.get(key);
    // Another object of the same name inherits nothing.
    const known = entry?.uid === uid ? entry : undefined;
    const annotations = parseAnnotations(object, known?.annotations, this.#clock.now());
    if (known !== undefined && known.generation === generation) {
      this.#entries.set(key, { ...known, annotations });
      return known.annotations.reconcileRequestedAt !== annotations.reconcileRequestedAt ||
        known.annotations.approval !== annotations.approval
        ? 'Annotations'
        : 'Nothing';
    }
    const parsed = parse(object);
    this.#entries.set(key, { uid, generation, parsed, annotations });
    this.#effectivePolicies.set(key, parsed instanceof InvalidResourceError ? parseProtections(object) : parsed);
    return 'Spec';
  }

  /** Returns whether it was known. */
  delete(key: string): boolean {
    this.#effectivePolicies.set(key, undefined);
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

function parse(object: PolicyObject): Policy | InvalidResourceError {
  try {
    return parsePolicy(object);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
