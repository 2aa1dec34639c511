import { compareBy } from '../compare.ts';
import { listsNaming, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { ApplicablePolicies } from './applicablePolicies.ts';
import { resolveApplications } from './resolution.ts';
import { type Evaluation, evaluatorFor } from './verdict.ts';

/** What all effective policies request, also for applications that the evaluated policy doesn't list. */
export class EffectiveRequests {
  readonly #policy: Policy;
  readonly #policies: readonly Policy[];
  readonly #snapshot: Pick<Snapshot, 'applications'>;
  readonly #now: Date;
  #evaluate: ReturnType<typeof evaluatorFor> | undefined;
  #requiring: readonly Policy[] | undefined;
  #requiredByOthers: readonly Application[] | undefined;
  #findRemoving: ReturnType<ApplicablePolicies['finderOf']> | undefined;

  /** @param policies all policies that can select WorkSpaces of `policy`, including itself */
  constructor(policy: Policy, policies: readonly Policy[], snapshot: Pick<Snapshot, 'applications'>, now: Date) {
    this.#policy = policy;
    this.#policies = policies;
    this.#snapshot = snapshot;
    this.#now = now;
  }

  /** Returns the evaluation of an application on a WorkSpace by all policies. */
  evaluate(workspace: Workspace, application: Application): Evaluation | undefined {
    this.#evaluate ??= evaluatorFor(this.#policy, this.#policies, this.#now, 'AllApplications');
    return this.#evaluate(workspace, application);
  }

  /** Returns the applications that other policies require on some WorkSpaces, sorted by ID. */
  requiredByOthers(): readonly Application[] {
    this.#requiredByOthers ??= this.#findRequired();
    return this.#requiredByOthers;
  }

  /** Whether the policies remove an application from a WorkSpace. */
  removes(workspace: Workspace, application: Application): boolean {
    const { verdict, isUndecided } = this.evaluate(workspace, application) ?? {};
    if (isUndecided === true) {
      return false;
    }
    return verdict === 'Denied' || (verdict === 'Unlisted' && this.#removesUnlisted(workspace));
  }

  /** Whether a policy requires an application on a WorkSpace, or may require it, even if others contradict. */
  mayRequire(workspace: Workspace, application: Application): boolean {
    return [this.#policy, ...this.#requiringPolicies()].some(
      (policy) =>
        listsNaming(policy, application).required && selects(policy.workspaceSelector, workspace, this.#now) !== false,
    );
  }

  #removesUnlisted(workspace: Workspace): boolean {
    this.#findRemoving ??= new ApplicablePolicies(this.#policy, this.#policies, this.#now).finderOf(
      ({ unlisted }) => unlisted === 'Disassociate',
    );
    const { selecting, everywhere } = this.#findRemoving(workspace);
    return selecting.length + everywhere.length > 0;
  }

  #findRequired(): readonly Application[] {
    const others = this.#requiringPolicies();
    const required = others.flatMap((other) => resolveApplications(other, this.#snapshot.applications).required);
    return [...new Set(required)].sort(compareBy(({ applicationID }) => applicationID));
  }

  #requiringPolicies(): readonly Policy[] {
    const { key, enforcement } = this.#policy;
    this.#requiring ??= this.#policies.filter(
      (other) =>
        other.key !== key &&
        !other.suspend &&
        other.required.length > 0 &&
        (enforcement === 'Audit' || other.enforcement !== 'Audit'),
    );
    return this.#requiring;
  }
}
