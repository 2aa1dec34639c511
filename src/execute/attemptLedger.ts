import type { FleetError } from '../fleet/errors.ts';
import { type Attempt, type Attempts, attemptKey, attemptKeysOf, circumstancesOf } from '../plan/attempts.ts';
import { type Change, type Finding, isUnfinishedRemoval } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { backoff, retryClass } from './retry.ts';

/** Remembers, for one process, what failed, so that it is tried again later and later, or not at all. */
export class AttemptLedger implements Attempts {
  readonly #attempts = new Map<string, Attempt & { readonly policyKey: string }>();

  get(key: string): Attempt | undefined {
    return this.#attempts.get(key);
  }

  failed(change: Change, policy: Policy, error: FleetError, now: Date): void {
    const key = attemptKey(change);
    const retry = retryClass(error.kind);
    const failures = (this.#attempts.get(key)?.failures ?? 0) + 1;
    this.#attempts.set(key, {
      policyKey: policy.key,
      failures,
      kind: error.kind,
      message: error.message,
      retryAt: retry === 'Never' ? undefined : new Date(now.getTime() + backoff(retry, failures)),
      refusedIn: retry === 'Never' ? circumstancesOf(change, policy) : undefined,
    });
  }

  /** A repeated deployment counts as an attempt whatever AWS answered: whether it worked only shows later. */
  repeated(change: Change, policy: Policy, now: Date): void {
    const key = attemptKey(change);
    const failures = (this.#attempts.get(key)?.failures ?? 0) + 1;
    const { errorCode = 'an error' } = change.finding.association.stateReason ?? {};
    this.#attempts.set(key, {
      policyKey: policy.key,
      failures,
      kind: undefined,
      message: `the deployment ended with ${errorCode}, and so did ${failures === 1 ? 'a repetition' : `${failures} repetitions`} of it`,
      retryAt: new Date(now.getTime() + backoff('Later', failures)),
      refusedIn: undefined,
    });
  }

  succeeded(change: Change): void {
    this.#attempts.delete(attemptKey(change));
  }

  /** Forgets what a policy has no use for any more: only removals that go on are remembered, also while AWS is at work on them. */
  retain(policyKey: string, findings: readonly Finding[]): void {
    const current = new Set(findings.filter(isUnfinishedRemoval).flatMap(attemptKeysOf));
    for (const [key, attempt] of this.#attempts) {
      if (attempt.policyKey === policyKey && !current.has(key)) {
        this.#attempts.delete(key);
      }
    }
  }
}
