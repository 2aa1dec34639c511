import type { Policy } from '../policy/policy.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { RunState } from '../status/runState.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';

/** States that runs of policies leave for the next ones, by the key of the policy. */
export class PolicyStates {
  readonly #runs = new Map<
    string,
    { readonly uid: string; readonly ownedFleet: OwnedFleet; readonly state: RunState }
  >();
  /** Last statuses of an earlier process, until this process has evaluated their policies. */
  readonly #recorded = new Map<string, { readonly uid: string; readonly status: PolicyStatus | undefined }>();

  /** Returns the state of the previous run, if it was for the same object and period of ownership. */
  stateOf(policy: Policy, ownedFleet: OwnedFleet): RunState | undefined {
    const previous = this.#runs.get(policy.key);
    return previous?.uid === policy.uid && previous.ownedFleet === ownedFleet ? previous.state : undefined;
  }

  /** Keeps the state of a run whose status was written. The status of an earlier process is no longer necessary. */
  set({ key, uid }: Policy, ownedFleet: OwnedFleet, state: RunState): void {
    this.#runs.set(key, { uid, ownedFleet, state });
    this.#recorded.delete(key);
  }

  /**
   * Keeps the status of an earlier process until a run of this process has a state, because one without an evaluation can replace it. The
   * earlier process may have made the changes that its status shows as due, and counted retries for the generation that its status shows.
   */
  keepRecord(uid: string | undefined, key: string, status: PolicyStatus | undefined): void {
    if (uid !== undefined && !this.#runs.has(key) && this.#recorded.get(key)?.uid !== uid) {
      this.#recorded.set(key, { uid, status });
    }
  }

  /** Returns the status that `keepRecord` kept for the same object. */
  recordOf({ key, uid }: Policy): PolicyStatus | undefined {
    const recorded = this.#recorded.get(key);
    return recorded?.uid === uid ? recorded.status : undefined;
  }

  /** Drops the state of the last run, so that changes need a new grace period. */
  forgetRun(key: string): void {
    this.#runs.delete(key);
  }

  /** Drops everything of a policy. */
  drop(key: string): void {
    this.#runs.delete(key);
    this.#recorded.delete(key);
  }
}
