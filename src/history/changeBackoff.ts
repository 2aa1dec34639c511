import type { FleetError } from '../fleet/errors.ts';
import { type Attempt, type Attempts, attemptKey, attemptKeysOf, circumstancesOf } from '../plan/backoff.ts';
import { type Change, isPending, type Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { retryClass, retryDelay } from './retry.ts';

interface StoredAttempt extends Attempt {
  readonly policyKey: string;
  readonly workspaceID: string;
}

/** Exponential backoff of failed changes. Not restored after a restart. */
export class ChangeBackoff implements Attempts {
  readonly #backoff = new Map<string, StoredAttempt>();

  get size(): number {
    return this.#backoff.size;
  }

  get(key: string): Attempt | undefined {
    return this.#backoff.get(key);
  }

  /** Records a failed attempt at changes. Changes that one call makes count as one attempt. */
  failed(changes: readonly Change[], policy: Policy, error: FleetError, now: Date): void {
    for (const [key, [first, ...others]] of Map.groupBy(changes, (change) => attemptKey(policy, change))) {
      if (first !== undefined) {
        this.#failed(key, [first, ...others], policy, error, now);
      }
    }
  }

  #failed(key: string, changes: readonly [Change, ...Change[]], policy: Policy, error: FleetError, now: Date): void {
    const before = this.#backoff.get(key);
    const retry = retryClass(error.kind);
    const failures = (before?.failures ?? 0) + 1;
    this.#backoff.set(key, {
      policyKey: policy.key,
      workspaceID: changes[0].finding.workspace.workspaceID,
      failures,
      kind: error.kind,
      message: error.message,
      retryAt: retry === 'Never' ? undefined : new Date(now.getTime() + retryDelay(retry, failures, policy)),
      refusedIn: retry === 'Never' ? circumstancesOf(changes, policy, before?.refusedIn) : undefined,
    });
  }

  /** Records a successful change. A rejection of the deployment ends, because the change alters an association that it depends on. */
  succeeded(change: Change, policy: Policy): void {
    this.#backoff.delete(attemptKey(policy, change));
    const deployment = attemptKey(policy, { ...change, action: 'Deploy' });
    if (this.#backoff.get(deployment)?.refusedIn !== undefined) {
      this.#backoff.delete(deployment);
    }
  }

  /**
   * Removes the attempts of a policy except those of pending findings, including findings in progress, and of undecided WorkSpaces, of
   * which the plan knows nothing.
   */
  retain(policy: Policy, { findings, undecided }: Pick<Plan, 'findings' | 'undecided'>): void {
    if (![...this.#backoff.values()].some(({ policyKey }) => policyKey === policy.key)) {
      return;
    }
    const current = new Set(findings.filter(isPending).flatMap((finding) => attemptKeysOf(policy, finding)));
    const unknown = new Set(undecided.map(({ workspace }) => workspace.workspaceID));
    this.#delete(
      (key, { policyKey, workspaceID }) => policyKey === policy.key && !current.has(key) && !unknown.has(workspaceID),
    );
  }

  /** Removes all attempts of a deleted policy. */
  forget(policyKey: string): void {
    this.#delete((_, attempt) => attempt.policyKey === policyKey);
  }

  #delete(isObsolete: (key: string, attempt: StoredAttempt) => boolean): void {
    for (const [key, attempt] of this.#backoff) {
      if (isObsolete(key, attempt)) {
        this.#backoff.delete(key);
      }
    }
  }
}
