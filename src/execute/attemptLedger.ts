import type { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import {
  type Attempt,
  type Attempts,
  attemptKey,
  attemptKeysOf,
  circumstancesOf,
  deployKey,
  versionOf,
} from '../plan/attempts.ts';
import { type Change, type Finding, isUnfinishedRemoval } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { backoff, retryClass } from './retry.ts';

/** How often a deployment that failed is repeated: each time, the WorkSpace's user is locked out. */
const MAX_REPETITIONS = 5;
/** How long AWS may go on answering as before a change, in milliseconds. */
const SETTLING = 60_000;

/** Remembers, for one process, what failed, so that it is tried again later and later, or not at all. */
export class AttemptLedger implements Attempts {
  readonly #attempts = new Map<string, Attempt & { readonly policyKey: string }>();
  readonly #made = new Map<string, { readonly at: number; readonly lastUpdatedTime: number | undefined }>();

  get(key: string): Attempt | undefined {
    return this.#attempts.get(key);
  }

  failed(change: Change, policy: Policy, error: FleetError, now: Date): void {
    const retry = retryClass(error.kind);
    const failures = this.#failuresOf(change, policy) + 1;
    this.#attempts.set(attemptKey(policy, change), {
      policyKey: policy.key,
      failures,
      kind: error.kind,
      message: error.message,
      retryAt: retry === 'Never' ? undefined : new Date(now.getTime() + backoff(retry, failures)),
      refusedIn: retry === 'Never' ? circumstancesOf(change, policy) : undefined,
    });
  }

  /** A repeated deployment counts as an attempt whatever AWS answered: whether it worked only shows later. */
  deployed(change: Change, policy: Policy, force: boolean, now: Date): void {
    const repetitions = this.repetitions(change.finding, policy) + 1;
    this.made(change, policy, change.finding.association, now);
    if (force) {
      const { workspaceId, stateReason } = change.finding.association;
      this.#setRepetitions(policy, workspaceId, repetitions, stateReason?.errorCode, now);
    }
  }

  /** How often the failed deployment of this finding's WorkSpace was repeated. */
  repetitions(finding: Finding, policy: Policy): number {
    const attempt = this.#attempts.get(deployKey(policy, finding.association.workspaceId));
    return attempt?.kind === undefined ? (attempt?.failures ?? 0) : 0;
  }

  /** Takes up again what an earlier process has counted. */
  restore(policy: Policy, workspaceId: string, repetitions: number, errorCode: string | undefined, now: Date): void {
    this.#setRepetitions(policy, workspaceId, repetitions, errorCode, now);
  }

  /** A change was made on an association that was as given before. */
  made(change: Change, policy: Policy, before: Association, now: Date): void {
    this.#attempts.delete(attemptKey(policy, change));
    for (const [key, { at }] of this.#made) {
      if (now.getTime() - at > SETTLING) {
        this.#made.delete(key);
      }
    }
    this.#made.set(pairKey(change.action, before), {
      at: now.getTime(),
      lastUpdatedTime: before.lastUpdatedTime?.getTime(),
    });
  }

  /**
   * Whether the same change was made a moment ago, and AWS's answer to a read is the one from before: reads may lag behind, and the
   * call must not be repeated for that.
   */
  isSettling(action: Change['action'], association: Association, now: Date): boolean {
    const made = this.#made.get(pairKey(action, association));
    return (
      made !== undefined &&
      now.getTime() - made.at < SETTLING &&
      made.lastUpdatedTime === association.lastUpdatedTime?.getTime()
    );
  }

  /** Forgets what a policy has no use for any more: only removals that go on are remembered, also while AWS is at work on them. */
  retain(policy: Policy, findings: readonly Finding[]): void {
    const current = new Set(findings.filter(isUnfinishedRemoval).flatMap((finding) => attemptKeysOf(policy, finding)));
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

  #failuresOf(change: Change, policy: Policy): number {
    return this.#attempts.get(attemptKey(policy, change))?.failures ?? 0;
  }

  #setRepetitions(
    policy: Policy,
    workspaceId: string,
    repetitions: number,
    errorCode: string | undefined,
    now: Date,
  ): void {
    const isLast = repetitions >= MAX_REPETITIONS;
    const count = repetitions === 1 ? 'a repetition' : `${repetitions} repetitions`;
    const giveUp = isLast ? '; it is not repeated again until the policy is edited' : '';
    this.#attempts.set(deployKey(policy, workspaceId), {
      policyKey: policy.key,
      failures: repetitions,
      kind: undefined,
      message: `the deployment ended with ${errorCode ?? 'an error'}, after ${count}${giveUp}`,
      retryAt: isLast ? undefined : new Date(now.getTime() + backoff('Later', repetitions)),
      refusedIn: isLast ? versionOf(policy) : undefined,
    });
  }
}

function pairKey(action: Change['action'], { workspaceId, applicationId }: Association): string {
  return `${action} ${workspaceId} ${applicationId}`;
}
