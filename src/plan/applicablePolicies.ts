import { selects } from '../fleet/matching.ts';
import type { Workspace } from '../fleet/model.ts';
import { type PolicyIndex, policyIndexOf } from '../fleet/policyIndex.ts';
import type { Policy } from '../policy/policy.ts';

/** Policies that may apply to a WorkSpace, each list in their order. */
interface PoliciesOnWorkspace {
  /** Policies that select the WorkSpace, without those of `everywhere`. */
  readonly selecting: readonly Policy[];
  /** Policies that select every WorkSpace. The same list for all WorkSpaces that exist. */
  readonly everywhere: readonly Policy[];
  /** Policies of which the operator doesn't know whether they select the WorkSpace. */
  readonly undecided: readonly Policy[];
}

/** Returns the policies that may apply to a WorkSpace. */
export type PolicyFinder = (workspace: Workspace) => PoliciesOnWorkspace;

const NONE: readonly Policy[] = [];
/** Length from which the relevant policies of a list are remembered, because many WorkSpaces have the same list. */
const MIN_REMEMBERED = 8;

/**
 * The policies that are evaluated together for a policy, in this order: first itself, then the other policies that are not suspended, sorted
 * by key. An Audit policy affects only the evaluation of Audit policies, which make no changes.
 */
export class ApplicablePolicies {
  readonly policy: Policy;
  readonly #policies: readonly Policy[];
  readonly #index: PolicyIndex;
  readonly #everywhere: readonly Policy[];
  readonly #now: Date;
  #last: { readonly workspace: Workspace; readonly candidates: readonly (readonly Policy[])[] } | undefined;

  /** @param policies all policies that can select WorkSpaces of `policy`, with or without itself */
  constructor(policy: Policy, policies: readonly Policy[], now: Date) {
    this.policy = policy;
    this.#policies = policies;
    this.#index = policyIndexOf(policies);
    this.#everywhere = this.#index.everywhere.filter((other) => isApplicable(other, policy));
    this.#now = now;
  }

  /** Returns all policies in their order. */
  all(): readonly Policy[] {
    return [this.policy, ...this.#index.sorted(this.#policies.filter((other) => isApplicable(other, this.policy)))];
  }

  /** Returns the position of a policy in the order. */
  rankOf(policy: Policy): number {
    return policy === this.policy ? -1 : this.#index.rankOf(policy);
  }

  /** Returns the policies with an exception for a WorkSpace, whether or not they select it. */
  exceptingOn({ workspaceID }: Workspace): readonly Policy[] {
    const own = this.policy.exceptions.length > 0 ? [this.policy] : NONE;
    const others = this.#index.exceptingOn(workspaceID);
    return others.length === 0
      ? own
      : [...own, ...this.#index.sorted(others.filter((other) => isApplicable(other, this.policy)))];
  }

  /** Returns a function that finds the relevant policies. */
  finderOf(isRelevant: (policy: Policy) => boolean): PolicyFinder {
    const { policy } = this;
    const own = isRelevant(policy) ? [policy] : NONE;
    const everywhere = this.#everywhere.filter(isRelevant);
    // All of them have equal selectors.
    const [first] = everywhere;
    const remembered = new Map<readonly Policy[], readonly Policy[]>();
    const relevantIn = (candidates: readonly Policy[]) => {
      const isShort = candidates.length < MIN_REMEMBERED;
      const relevant =
        (isShort ? undefined : remembered.get(candidates)) ??
        candidates.filter((other) => isApplicable(other, policy) && isRelevant(other));
      if (!isShort) {
        remembered.set(candidates, relevant);
      }
      return relevant;
    };
    return (workspace) => {
      const isSelected = (one: Policy) => selects(one.workspaceSelector, workspace, this.#now);
      const lists = this.#candidatesFor(workspace)
        .map(relevantIn)
        .filter(({ length }) => length > 0);
      const selecting: Policy[] = [];
      const undecided: Policy[] = [];
      for (const other of lists.length < 2 ? (lists[0] ?? NONE) : new Set(lists.flat())) {
        const selected = isSelected(other);
        if (selected === undefined) {
          undecided.push(other);
        } else if (selected) {
          selecting.push(other);
        }
      }
      const [ownSelected] = own.map(isSelected);
      const onEvery = first === undefined ? false : isSelected(first);
      return {
        selecting: [...(ownSelected === true ? own : NONE), ...this.#index.sorted(selecting)],
        everywhere: onEvery === true ? everywhere : NONE,
        undecided: [
          ...(ownSelected === undefined ? own : NONE),
          ...this.#index.sorted(onEvery === undefined ? [...undecided, ...everywhere] : undecided),
        ],
      };
    };
  }

  #candidatesFor(workspace: Workspace): readonly (readonly Policy[])[] {
    // A WorkSpace is evaluated for all its applications in a row.
    if (this.#last?.workspace !== workspace) {
      this.#last = { workspace, candidates: this.#index.candidatesFor(workspace) };
    }
    return this.#last.candidates;
  }
}

/** Whether another policy affects the evaluation of a policy. */
function isApplicable(other: Policy, policy: Policy): boolean {
  return (
    other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement !== 'Audit')
  );
}
