import type { FleetError } from '../fleet/errors.ts';
import { type Attempt, type Attempts, attemptKey, attemptKeysOf, circumstancesOf } from '../plan/attempts.ts';
import { type Change, type Finding, isUnfinished } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { backoff, retryClass } from './retry.ts';

/** Remembers, for one process, which calls failed, so that they are tried again later and later, or not at all. */
export class Failures implements Attempts {
  readonly #attempts = new Map<string, Attempt & { readonly policyKey: string }>();

  get size(): number {
    return this.#attempts.size;
  }

  get(key: string): Attempt | undefined {
    return this.#attempts.get(key);
  }

  failed(change: Change, policy: Policy, error: FleetError, now: Date): void {
    const key = attemptKey(policy, change);
    const retry = retryClass(error.kind);
    const failures = (this.#attempts.get(key)?.failures ?? 0) + 1;
    this.#attempts.set(key, {
      policyKey: policy.key,
      failures,
      kind: error.kind,
      message: error.message,
      retryAt: retry === 'Never' ? undefined : new Date(now.getTime() + backoff(retry, failures, policy)),
      refusedIn: retry === 'Never' ? circumstancesOf(change, policy) : undefined,
    });
  }

  succeeded(change: Change, policy: Policy): void {
    this.#attempts.delete(attemptKey(policy, change));
  }

  /** Forgets what a policy has no use for any more: only what goes on is remembered, also while AWS is at work on them. */
  retain(policy: Policy, findings: readonly Finding[]): void {
    if (![...this.#attempts.values()].some(({ policyKey }) => policyKey === policy.key)) {
      return;
    }
    const current = new Set(findings.filter(isUnfinished).flatMap((finding) => attemptKeysOf(policy, finding)));
    this.#forget((key, { policyKey }) => policyKey === policy.key && !current.has(key));
  }

  /** Forgets all of a policy that is gone. */
  forget(policyKey: string): void {
    this.#forget((_, attempt) => attempt.policyKey === policyKey);
  }

  #forget(isForgotten: (key: string, attempt: { readonly policyKey: string }) => boolean): void {
    for (const [key, attempt] of this.#attempts) {
      if (isForgotten(key, attempt)) {
        this.#attempts.delete(key);
      }
    }
  }
}
