import type { AssociationID } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';
import type { PastChanges } from '../plan/backoff.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { ChangeBackoff } from './changeBackoff.ts';
import { DeploymentRetries } from './deploymentRetries.ts';
import { Expectations } from './expectations.ts';
import { RemovalHistory } from './removalHistory.ts';
import { type RecordedStart, StartedChanges } from './startedChanges.ts';
import { type ConfirmedChange, UnconfirmedChanges } from './unconfirmedChanges.ts';

/** Removals of one application from one WorkSpace, in milliseconds since the epoch. */
export interface RecordedRemovals {
  readonly id: AssociationID;
  readonly times: readonly number[];
}

/** Earlier changes that a status records. */
export interface RecordedHistory {
  readonly removals: readonly RecordedRemovals[];
  readonly retries: readonly {
    readonly association: Association;
    readonly count: number;
    /** Operation that failed. Undefined if the association is not in ERROR. */
    readonly failed: ChangeOperation | undefined;
  }[];
  readonly started: readonly RecordedStart[];
  /** Generation of the policy for which the retries were counted. */
  readonly generation: number;
}

/** Everything that the operator remembers about earlier changes in an AWS account and region, over all policies. */
export class ChangeHistory implements PastChanges {
  readonly backoff = new ChangeBackoff();
  readonly retries = new DeploymentRetries();
  readonly removals = new RemovalHistory();
  readonly expectations = new Expectations();
  readonly started = new StartedChanges();
  readonly unconfirmed = new UnconfirmedChanges();

  /** Adds the earlier changes that the status of a policy records. More recent observations take precedence. */
  restore(
    policy: Policy,
    { removals, retries, started, generation }: RecordedHistory,
    inventory: Pick<Inventory, 'rememberFailed'>,
    now: Date,
  ): void {
    this.recordRemovals(policy, removals);
    this.started.restore(policy, started);
    for (const { association, count, failed } of retries) {
      if (failed !== undefined) {
        inventory.rememberFailed(failed, association);
        this.started.beginDeployment(failed === 'Install' ? 'Associate' : 'Disassociate', association, policy, now);
      }
      this.retries.restore(association.workspaceID, { key: policy.key, generation }, count, now);
    }
  }

  /** Adds removals that an earlier process made. */
  recordRemovals({ key }: Policy, removals: readonly RecordedRemovals[]): void {
    for (const { id, times } of removals) {
      for (const time of times) {
        this.removals.record(id, time, key);
      }
    }
  }

  /**
   * Removes failed attempts, retries, and started changes that a policy no longer requests, or that are complete. Returns the changes with
   * a lost response that the snapshot shows.
   */
  settle(
    policy: Policy,
    plan: Pick<Plan, 'findings' | 'undecided'>,
    snapshot: Pick<Snapshot, 'workspaces' | 'associations' | 'askedAt' | 'gaps'>,
    now: Date,
  ): ConfirmedChange[] {
    this.started.settle(policy, snapshot, now);
    this.backoff.retain(policy, plan);
    this.retries.retain(policy.key, plan);
    return this.unconfirmed.settle(policy, snapshot);
  }

  /** Removes the attempts, retries, and started changes of a deleted policy. Removals stay, because they count for all policies. */
  forget(policyKey: string): void {
    this.backoff.forget(policyKey);
    this.retries.retain(policyKey, { findings: [], undecided: [] });
    this.started.forget(policyKey);
    this.unconfirmed.forget(policyKey);
  }

  /**
   * Returns the history of a WorkSpace as it is now. Retries, removals, and started changes are recorded before they are sent, and must not count when the
   * change is decided on for the last time.
   */
  viewOf(workspaceID: string, policy: Policy, applicationIDs: Iterable<string>): PastChanges {
    const retry = this.retries.get(workspaceID, policy);
    const times = new Map(
      [...applicationIDs].map((applicationID) => [
        applicationID,
        this.removals.timesOf({ workspaceID, applicationID }),
      ]),
    );
    return {
      backoff: this.backoff,
      retries: { get: () => retry },
      started: this.started.viewOf(workspaceID),
      expectations: this.expectations,
      removals: { size: this.removals.size, timesOf: ({ applicationID }) => times.get(applicationID) ?? [] },
    };
  }
}
