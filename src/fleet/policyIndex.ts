import { compareBy } from '../compare.ts';
import { type GlobEntry, GlobTrie } from '../policy/globTrie.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import { complete, type Sliced } from '../slices.ts';
import { userNameOf } from './matching.ts';
import type { Workspace } from './model.ts';

const NONE: readonly Policy[] = [];

/** Policies by the values of one field. */
class PoliciesByValue {
  readonly #byValue = new Map<string, Policy[]>();
  /** Policies with any value of the field. */
  readonly all: Policy[] = [];

  add(values: Iterable<string>, policy: Policy): void {
    this.all.push(policy);
    for (const value of values) {
      const known = this.#byValue.get(value);
      if (known === undefined) {
        this.#byValue.set(value, [policy]);
      } else {
        known.push(policy);
      }
    }
  }

  /** Returns the policies with a value. An unknown value can be any. */
  get(value: string | undefined): readonly Policy[] {
    return value === undefined ? this.all : (this.#byValue.get(value) ?? NONE);
  }
}

/**
 * Policies by what they select, so that the evaluation of a WorkSpace considers only policies that can select it. Each policy is found by
 * one field of its selector: the first one that is set.
 */
export class PolicyIndex {
  /** Policies whose selector is `all: true` without an exclusion, sorted by key. */
  readonly everywhere: readonly Policy[];
  /** Policies with exceptions, sorted by key. */
  readonly excepting: readonly Policy[];
  readonly #ranks: ReadonlyMap<Policy, number>;
  readonly #workspaceIDs = new PoliciesByValue();
  readonly #userNames = new PoliciesByValue();
  /** Beginnings and ends of user names, by their length. */
  readonly #prefixes = new Map<number, PoliciesByValue>();
  readonly #suffixes = new Map<number, PoliciesByValue>();
  /** Policies with the same other pattern of user names. */
  #patterns: GlobTrie<readonly Policy[]> | undefined;
  /** Values of tags, by the key of the tag. */
  readonly #tags = new Map<string, PoliciesByValue>();
  readonly #bundleIDs = new PoliciesByValue();
  readonly #directoryIDs = new PoliciesByValue();
  readonly #others: Policy[] = [];
  /** Policies with an exception, by WorkSpace ID. */
  readonly #exceptions = new PoliciesByValue();

  static *build(policies: readonly Policy[]): Sliced<PolicyIndex> {
    const index = new PolicyIndex(policies);
    const byPattern = new Map<string, GlobEntry<Policy[]>>();
    for (const policy of policies) {
      yield;
      index.#add(policy, byPattern);
    }
    index.#patterns = yield* GlobTrie.build([...byPattern.values()]);
    return index;
  }

  private constructor(policies: readonly Policy[]) {
    const sorted = policies.toSorted(compareBy(({ key }) => key));
    this.#ranks = new Map(sorted.map((policy, rank) => [policy, rank]));
    this.everywhere = sorted.filter(({ workspaceSelector }) => isEverywhere(workspaceSelector));
    this.excepting = sorted.filter(({ exceptions }) => exceptions.length > 0);
  }

  /** Returns the position of a policy of the index in the order of the keys. */
  rankOf(policy: Policy): number {
    return this.#ranks.get(policy) ?? 0;
  }

  /** Returns policies of the index, sorted by key. */
  sorted(policies: readonly Policy[]): readonly Policy[] {
    return policies.length < 2 ? policies : policies.toSorted((a, b) => this.rankOf(a) - this.rankOf(b));
  }

  /** Returns the policies with an exception for a WorkSpace. */
  exceptingOn(workspaceID: string): readonly Policy[] {
    return this.#exceptions.get(workspaceID);
  }

  /**
   * Returns lists of the policies that may select a WorkSpace, except those of `everywhere`. All others don't select it. A policy can be in
   * several lists.
   */
  candidatesFor(workspace: Workspace): readonly (readonly Policy[])[] {
    const { workspaceID, directoryID, bundleID, tags } = workspace;
    const userName = userNameOf(workspace);
    const found = [
      this.#others,
      this.#workspaceIDs.get(workspaceID),
      this.#userNames.get(userName),
      this.#bundleIDs.get(bundleID),
      this.#directoryIDs.get(directoryID),
    ];
    // The policies with patterns are among `#userNames.all` too.
    if (userName !== undefined) {
      for (const [length, byPrefix] of this.#prefixes) {
        found.push(byPrefix.get(userName.slice(0, length)));
      }
      for (const [length, bySuffix] of this.#suffixes) {
        found.push(bySuffix.get(userName.slice(Math.max(0, userName.length - length))));
      }
      this.#patterns?.some(userName, (matching) => {
        found.push(matching);
        return false;
      });
    }
    for (const [key, byTag] of this.#tags) {
      const value = tags?.get(key);
      if (tags === undefined || value !== undefined) {
        found.push(byTag.get(value));
      }
    }
    return found.filter(({ length }) => length > 0);
  }

  #add(policy: Policy, byPattern: Map<string, GlobEntry<Policy[]>>): void {
    const { workspaceSelector, exceptions } = policy;
    if (exceptions.length > 0) {
      this.#exceptions.add(new Set(exceptions.flatMap(({ workspaceIDs }) => [...workspaceIDs])), policy);
    }
    if (isEverywhere(workspaceSelector)) {
      return;
    }
    const { workspaceIDs, userNames, tags, bundleIDs, directoryIDs } = workspaceSelector;
    const [label] = tags?.matchLabels ?? [];
    if (workspaceIDs !== undefined) {
      this.#workspaceIDs.add(workspaceIDs, policy);
    } else if (userNames !== undefined) {
      this.#userNames.add(userNames.literals, policy);
      addByKey(this.#prefixes, userNames.prefixes, policy);
      addByKey(this.#suffixes, userNames.suffixes, policy);
      for (const glob of userNames.others) {
        const entry = byPattern.get(glob.pattern) ?? { glob, value: [] };
        if (entry.value.at(-1) !== policy) {
          entry.value.push(policy);
        }
        byPattern.set(glob.pattern, entry);
      }
    } else if (label !== undefined) {
      addByKey(this.#tags, [[label[0], [label[1]]]], policy);
    } else if (bundleIDs !== undefined) {
      this.#bundleIDs.add(bundleIDs, policy);
    } else if (directoryIDs !== undefined) {
      this.#directoryIDs.add(directoryIDs, policy);
    } else {
      this.#others.push(policy);
    }
  }
}

function addByKey<Key>(
  fields: Map<Key, PoliciesByValue>,
  entries: Iterable<readonly [Key, Iterable<string>]>,
  policy: Policy,
): void {
  for (const [key, values] of entries) {
    const field = fields.get(key) ?? new PoliciesByValue();
    field.add(values, policy);
    fields.set(key, field);
  }
}

/** Whether a selector selects every WorkSpace that exists. */
function isEverywhere({ all, boundary, exclude }: WorkspaceSelector): boolean {
  const { literals, prefixes, suffixes, others } = exclude.userNames;
  const excluded = exclude.workspaceIDs.size + literals.size + prefixes.size + suffixes.size + others.length;
  return all && boundary === undefined && exclude.tags === undefined && excluded === 0;
}

/** Indexes by the array of policies, which is the same as long as none of them changes. */
const indexes = new WeakMap<readonly Policy[], PolicyIndex>();

/** Returns the index of policies. Builds it once for each array. */
export function policyIndexOf(policies: readonly Policy[]): PolicyIndex {
  return complete(indexPolicies(policies));
}

/** Builds the index of policies, unless it is known. */
export function* indexPolicies(policies: readonly Policy[]): Sliced<PolicyIndex> {
  const index = indexes.get(policies) ?? (yield* PolicyIndex.build(policies));
  indexes.set(policies, index);
  return index;
}
