import type { KubeObject } from '../kube/resource.ts';
import { InvalidPolicyError, parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/policy.ts';
import { protectionIn } from '../policy/protection.ts';
import { type Request, requestIn } from '../policy/request.ts';

/** A policy, or why the object is none, and what a person asks of it. */
export interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly parsed: Policy | InvalidPolicyError;
  readonly request: Request;
}

/** Every policy of the cluster as the watch last saw it, read once for each version of its spec. */
export class PolicyBook {
  readonly #entries = new Map<string, Entry>();
  readonly #voices = new Map<string, Policy>();
  #policies: readonly Policy[] | undefined;

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
    const request = requestIn(annotations);
    if (known !== undefined && known.uid === uid && known.generation === generation) {
      this.#entries.set(key, { ...known, request });
      return known.request.reconcileRequestedAt === request.reconcileRequestedAt ? 'Nothing' : 'Request';
    }
    const parsed = parse(object);
    const voice = parsed instanceof InvalidPolicyError ? protectionIn(object) : parsed;
    this.#entries.set(key, { uid, generation, parsed, request });
    this.#voices.delete(key);
    if (voice !== undefined) {
      this.#voices.set(key, voice);
    }
    this.#policies = undefined;
    return 'Spec';
  }

  /** Returns whether it was known. */
  delete(key: string): boolean {
    if (this.#voices.delete(key)) {
      this.#policies = undefined;
    }
    return this.#entries.delete(key);
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Every policy that has a say, by key; of those that aren't valid, what they protect. The same array for as long as none of them
   * changes.
   */
  policies(): readonly Policy[] {
    this.#policies ??= [...this.#voices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, policy]) => policy);
    return this.#policies;
  }
}

function parse(object: KubeObject): Policy | InvalidPolicyError {
  try {
    return parsePolicy(object);
  } catch (error) {
    if (error instanceof InvalidPolicyError) {
      return error;
    }
    throw error;
  }
}
