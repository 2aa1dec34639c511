import type { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
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

  /**
   * Records a failed attempt at changes. Changes that one call makes count as one attempt.
   *
   * @param associations associations of the WorkSpace, as far as they are known
   */
  failed(
    changes: readonly Change[],
    policy: Policy,
    error: FleetError,
    now: Date,
    associations: ReadonlyMap<string, Association> = new Map(),
  ): void {
    for (const [key, [first, ...others]] of Map.groupBy(changes, (change) => attemptKey(policy, change))) {
      if (first !== undefined) {
        this.#failed(key, [first, ...others], policy, error, now, associations);
      }
    }
  }

  #failed(
    key: string,
    changes: readonly [Change, ...Change[]],
    policy: Policy,
    error: FleetError,
    now: Date,
    associations: ReadonlyMap<string, Association>,
  ): void {
    const before = this.#backoff.get(key);
    const retry = retryClass(error.kind);
    const failures = (before?.failures ?? 0) + 1;
    const nextAttempt = new Date(now.getTime() + retryDelay(retry, failures, policy));
    this.#backoff.set(key, {
      policyKey: policy.key,
      workspaceID: changes[0].finding.workspace.workspaceID,
      failures,
      kind: error.kind,
      message: error.message,
      ...(retry === 'Rejected'
        ? {
            retryAt: undefined,
            refusedIn: circumstancesOf(changes, policy, before?.refusedIn, othersOn(error, associations)),
            rejectedUntil: nextAttempt,
          }
        : { retryAt: nextAttempt, refusedIn: undefined }),
    });
  }

  /** Records a successful change. A rejection of the deployment ends, because the change alters an association that it depends on. */
  succeeded(change: Change, policy: Policy): void {
    this.#backoff.delete(attemptKey(policy, change));
    const deployment = attemptKey(policy, { ...change, action: 'Deploy' });
    if (this.#backoff.get(deployment)?.refusedIn !== undefined) {
      this.#backoff.delete(deployment);
    }
    // A deployment can remove what another application is incompatible with, for whichever policy.
    if (change.action === 'Deploy') {
      const { workspaceID } = change.finding.workspace;
      this.#delete((_, attempt) => attempt.workspaceID === workspaceID && attempt.kind === 'Incompatible');
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

/** Returns the associations that a rejection may depend on in addition to those that the call would have changed. */
function othersOn({ kind }: FleetError, associations: ReadonlyMap<string, Association>): Iterable<Association> {
  return kind === 'Incompatible' ? associations.values() : [];
}
