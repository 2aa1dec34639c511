import { backoffDelay } from '../backoff.ts';
import type { DeploymentRetry, RetriedDeployments } from '../plan/backoff.ts';
import { isPending, type Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { EXPECTATION_TTL_MS } from './expectations.ts';

interface RetryCount {
  readonly count: number;
  /** Time of the last retry, or of the restoration of retries of an earlier process. */
  readonly at: Date;
  readonly isRestored: boolean;
  /** Generations of the policies that have retried the deployment, by policy key. */
  readonly generations: ReadonlyMap<string, number>;
}

/**
 * Counts the retries of failed deployments for each WorkSpace, over all policies. Each retry prevents the user from connecting for a while.
 */
export class DeploymentRetries implements RetriedDeployments {
  readonly #counts = new Map<string, RetryCount>();

  /**
   * Returns the retries of a WorkSpace. Undefined if there were none, or if the policy was edited since. The time of a retry of an earlier
   * process is unknown: the failure that followed counts, and while reads may lag behind, nothing is retried.
   */
  get(workspaceID: string, { key, generation, retry }: Policy): DeploymentRetry | undefined {
    const retries = this.#counts.get(workspaceID);
    if (retries === undefined || (retries.generations.get(key) ?? generation) !== generation) {
      return undefined;
    }
    const { count, at, isRestored } = retries;
    const delay = backoffDelay(retry, count);
    const lag = Math.min(delay, EXPECTATION_TTL_MS);
    return { count, lastAt: isRestored ? new Date(at.getTime() + lag - delay) : at };
  }

  /** Counts a retry before it is sent. Returns a function that undoes this, for a call that AWS rejected without an effect. */
  count(workspaceID: string, policy: Policy, now: Date): () => void {
    const before = this.#counts.get(workspaceID);
    const count = (this.get(workspaceID, policy)?.count ?? 0) + 1;
    const generations = new Map(before?.generations).set(policy.key, policy.generation);
    this.#counts.set(workspaceID, { count, at: now, isRestored: false, generations });
    return () => (before === undefined ? this.#counts.delete(workspaceID) : this.#counts.set(workspaceID, before));
  }

  /**
   * Restores the retries that an earlier process counted for a generation of a policy. The highest count of all policies applies, because a
   * status can be older than the last retry. More recent retries take precedence.
   */
  restore(
    workspaceID: string,
    { key, generation }: Pick<Policy, 'key' | 'generation'>,
    count: number,
    now: Date,
  ): void {
    const known = this.#counts.get(workspaceID) ?? { count, at: now, isRestored: true, generations: [] };
    this.#counts.set(workspaceID, {
      ...known,
      count: known.isRestored ? Math.max(known.count, count) : known.count,
      generations: new Map([[key, generation], ...known.generations]),
    });
  }

  /** Removes a policy from decided WorkSpaces without pending findings, and WorkSpaces without policies. */
  retain(policyKey: string, { findings, undecided }: Pick<Plan, 'findings' | 'undecided'>): void {
    if (this.#counts.size === 0) {
      return;
    }
    const current = new Set(
      [...findings.filter(isPending), ...undecided].map(({ workspace }) => workspace.workspaceID),
    );
    for (const [workspaceID, retries] of this.#counts) {
      if (retries.generations.has(policyKey) && !current.has(workspaceID)) {
        const generations = new Map([...retries.generations].filter(([key]) => key !== policyKey));
        if (generations.size === 0) {
          this.#counts.delete(workspaceID);
        } else {
          this.#counts.set(workspaceID, { ...retries, generations });
        }
      }
    }
  }
}
