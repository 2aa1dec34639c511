import type { KubeObject } from '../kube/resource.ts';
import { InvalidPolicyError, parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/policy.ts';

interface Entry {
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly annotations: string;
  readonly parsed: Policy | InvalidPolicyError;
}

/** Every policy of the cluster as the watch last saw it, read once for each version of its spec. */
export class PolicyBook {
  readonly #entries = new Map<string, Entry>();
  #policies: readonly Policy[] | undefined;

  /** Takes in an object. Returns whether anything has changed in what it asks for: the status doesn't count. */
  put(key: string, object: KubeObject): boolean {
    const { uid, generation, annotations, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined) {
      return this.delete(key);
    }
    const known = this.#entries.get(key);
    const own = JSON.stringify(Object.entries(annotations ?? {}).filter(([name]) => name.startsWith('wsap.dev/')));
    if (known !== undefined && known.uid === uid && known.generation === generation && known.annotations === own) {
      return false;
    }
    this.#entries.set(key, { uid, generation, annotations: own, parsed: parse(object) });
    this.#policies = undefined;
    return true;
  }

  delete(key: string): boolean {
    this.#policies = undefined;
    return this.#entries.delete(key);
  }

  get(key: string): Policy | InvalidPolicyError | undefined {
    return this.#entries.get(key)?.parsed;
  }

  /** The valid policies by key: the same array for as long as none of them changes. */
  policies(): readonly Policy[] {
    this.#policies ??= [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { parsed }]) => (parsed instanceof InvalidPolicyError ? [] : [parsed]));
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
