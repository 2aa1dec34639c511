import type { Clock } from '../clock.ts';
import type { KubeObject } from '../kube/resource.ts';
import { InvalidResourceError } from '../policy/invalid.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import { protectionIn } from '../policy/protection.ts';
import { type Request, requestIn } from '../policy/request.ts';
import { type Standing, Voices } from './voices.ts';

/** A policy, or why the object is none, and what a person asks of it. */
export interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: Policy | InvalidResourceError;
  readonly request: Request;
}

/** Every policy of the cluster as the watch last saw it, read once for each version of its spec. */
export class PolicyBook {
  readonly #clock: Clock;
  readonly #voices: Voices;
  readonly #entries = new Map<string, Entry>();

  /** `standingOf`: under which terms a policy is about which fleet; undefined if no fleet admits it. */
  constructor(clock: Clock, standingOf: (policy: Policy) => Standing | undefined) {
    this.#clock = clock;
    this.#voices = new Voices(clock, standingOf);
  }

  /**
   * Takes in an object. Returns what has changed: its spec, which concerns other policies as well, only what a person asks of it, or
   * nothing that matters. The status doesn't.
   */
  put(key: string, object: KubeObject): 'Spec' | 'Request' | 'Nothing' {
    const { uid, generation, annotations, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key) ? 'Spec' : 'Nothing';
    }
    const known = this.#entries.get(key);
    const asked = requestIn(annotations, this.#clock.now());
    const isNew = known?.request.reconcileRequestedAt !== asked.reconcileRequestedAt;
    const askedAt = known === undefined || isNew ? asked.askedAt : known.request.askedAt;
    const request = { ...asked, askedAt };
    if (known !== undefined && known.uid === uid && known.generation === generation) {
      this.#entries.set(key, { ...known, request });
      return isNew || known.request.approvedPlan !== asked.approvedPlan ? 'Request' : 'Nothing';
    }
    const parsed = parse(object);
    this.#entries.set(key, { uid, generation, parsed, request });
    this.#voices.set(key, parsed instanceof InvalidResourceError ? protectionIn(object) : parsed);
    return 'Spec';
  }

  /** Returns whether it was known. */
  delete(key: string): boolean {
    this.#voices.set(key, undefined);
    return this.#entries.delete(key);
  }

  /** Looks again under which terms policies are about which fleets. Returns the keys of those for which that has changed. */
  reassign(): string[] {
    return this.#voices.reassign();
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
    return this.#entries.get(key)?.parsed instanceof InvalidResourceError ? undefined : this.#voices.get(key);
  }

  /**
   * Every policy that has a say, by key: of those that aren't valid what they protect, and of those that have ended what they
   * protected a few minutes ago. The same array for as long as none of them changes.
   */
  policies(): readonly Policy[] {
    return this.#voices.policies();
  }

  /**
   * The policies that may have a say in what becomes of the WorkSpaces of one, itself included, by key. The same array for as long as
   * none of these changes.
   */
  concerning(policy: Policy): readonly Policy[] {
    return this.#voices.concerning(policy);
  }

  /** Which WorkSpaces a policy, or what a policy that isn't valid protects, is about; undefined if it has no say. */
  selectorOf(key: string): WorkspaceSelector | undefined {
    return this.#voices.get(key)?.workspaceSelector;
  }
}

function parse(object: KubeObject): Policy | InvalidResourceError {
  try {
    return parsePolicy(object);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error;
    }
    throw error;
  }
}
