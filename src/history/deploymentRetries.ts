import type { DeploymentRetry, RetriedDeployments } from '../plan/backoff.ts';
import { type Finding, isPending } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { retryDelay } from './retry.ts';

interface Counted {
  readonly count: number;
  readonly lastAt: Date;
  /** The generations of the policies that have had their share of them. */
  readonly generations: ReadonlyMap<string, number>;
}

/**
 * Counts, for each WorkSpace and over all policies, how often its failed deployment was repeated: each time, its user is locked out.
 */
export class DeploymentRetries implements RetriedDeployments {
  readonly #counted = new Map<string, Counted>();

  /** Undefined if there was none, or the policy was edited since. */
  get(workspaceID: string, policy: Policy): DeploymentRetry | undefined {
    const { key, generation, retry } = policy;
    const counted = this.#counted.get(workspaceID);
    if (counted === undefined || (counted.generations.get(key) ?? generation) !== generation) {
      return undefined;
    }
    const { count, lastAt } = counted;
    const isLast = count >= retry.limit;
    return { count, retryAt: isLast ? undefined : new Date(lastAt.getTime() + retryDelay('Later', count, policy)) };
  }

  /** A deployment is about to be repeated. Returns how to take that back, for one that AWS refused to look at. */
  count(workspaceID: string, policy: Policy, now: Date): () => void {
    const before = this.#counted.get(workspaceID);
    const count = (this.get(workspaceID, policy)?.count ?? 0) + 1;
    this.restore(workspaceID, policy, count, now);
    return () => (before === undefined ? this.#counted.delete(workspaceID) : this.#counted.set(workspaceID, before));
  }

  /** Takes up again what an earlier process has counted. */
  restore(workspaceID: string, { key, generation }: Policy, count: number, lastAt: Date): void {
    const generations = new Map(this.#counted.get(workspaceID)?.generations).set(key, generation);
    this.#counted.set(workspaceID, { count, lastAt, generations });
  }

  /** Forgets a policy's share in WorkSpaces on which it changes nothing any more, and those in which no policy has one. */
  retain(policyKey: string, findings: readonly Finding[]): void {
    if (this.#counted.size === 0) {
      return;
    }
    const current = new Set(findings.filter(isPending).map(({ workspace }) => workspace.workspaceID));
    for (const [workspaceID, counted] of this.#counted) {
      if (counted.generations.has(policyKey) && !current.has(workspaceID)) {
        const generations = new Map([...counted.generations].filter(([key]) => key !== policyKey));
        if (generations.size === 0) {
          this.#counted.delete(workspaceID);
        } else {
          this.#counted.set(workspaceID, { ...counted, generations });
        }
      }
    }
  }
}
