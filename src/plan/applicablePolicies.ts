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

const NONE: readonly Policy[] = [];

/**
 * The policies that are evaluated together for a policy, in this order: first itself, then the other policies that are not suspended, sorted
 * by key. An Audit policy affects only the evaluation of Audit policies, which make no changes.
 */
export class ApplicablePolicies {
  readonly policy: Policy;
  readonly #policies: readonly Policy[];
  readonly #index: PolicyIndex;
  /** Other policies that select every WorkSpace that exists. */
  readonly everywhere: readonly Policy[];
  readonly #now: Date;
  #last: { readonly workspace: Workspace; readonly found: PoliciesOnWorkspace } | undefined;

  /** @param policies all policies that can select WorkSpaces of `policy`, with or without itself */
  constructor(policy: Policy, policies: readonly Policy[], now: Date) {
    this.policy = policy;
    this.#policies = policies;
    this.#index = policyIndexOf(policies);
    this.everywhere = this.#index.everywhere.filter((other) => isApplicable(other, policy));
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

  /** Returns the policies that may apply to a WorkSpace. */
  on(workspace: Workspace): PoliciesOnWorkspace {
    // A WorkSpace is evaluated for all its applications in a row.
    if (this.#last?.workspace !== workspace) {
      this.#last = { workspace, found: this.#find(workspace) };
    }
    return this.#last.found;
  }

  #find(workspace: Workspace): PoliciesOnWorkspace {
    const { policy } = this;
    const isSelected = (one: Policy) => selects(one.workspaceSelector, workspace, this.#now);
    const selecting: Policy[] = [];
    const undecided: Policy[] = [];
    for (const other of this.#index.candidatesFor(workspace)) {
      const selected = isApplicable(other, policy) ? isSelected(other) : false;
      if (selected === undefined) {
        undecided.push(other);
      } else if (selected) {
        selecting.push(other);
      }
    }
    const own = isSelected(policy);
    // All of them have equal selectors.
    const [first] = this.everywhere;
    const everywhere = first === undefined ? false : isSelected(first);
    const uncertain = everywhere === undefined ? [...undecided, ...this.everywhere] : undecided;
    return {
      selecting: [...(own ? [policy] : NONE), ...this.#index.sorted(selecting)],
      everywhere: everywhere === true ? this.everywhere : NONE,
      undecided: [...(own === undefined ? [policy] : NONE), ...this.#index.sorted(uncertain)],
    };
  }
}

/** Whether another policy affects the evaluation of a policy. */
function isApplicable(other: Policy, policy: Policy): boolean {
  return (
    other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement !== 'Audit')
  );
}
