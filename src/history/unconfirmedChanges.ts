import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import { isInProgressOf, isPendingOf } from '../fleet/states.ts';
import { isUnknownIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Finding } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { EXPECTATION_TTL_MS } from './expectations.ts';
import type { StartAction } from './startedChanges.ts';

/** A change of an association that was made. */
export interface ConfirmedChange {
  readonly action: StartAction;
  readonly workspace: Workspace;
  readonly findings: readonly Finding[];
  /** Time at which the call was sent. */
  readonly sentAt: Date;
}

/** What a read shows about a change with a lost response. */
export type SettlementResult = 'Applied' | 'NotApplied';

interface UnconfirmedChange {
  readonly policyKey: string;
  readonly change: ConfirmedChange;
  readonly association: Association;
  readonly undoCount: () => void;
  readonly onSettled: (result: SettlementResult) => void;
}

/**
 * Remembers changes whose responses were lost and that no read has shown yet. They count until a read that can't lag behind shows that
 * nothing happened.
 */
export class UnconfirmedChanges {
  readonly #changes = new Map<string, UnconfirmedChange>();

  /**
   * Adds a change.
   *
   * @param undoCount undoes what was counted for the change
   * @param onSettled called if a read shows whether the change was made
   */
  add(
    action: StartAction,
    finding: Finding,
    { key }: Policy,
    sentAt: Date,
    undoCount: () => void,
    onSettled: (result: SettlementResult) => void = () => {},
  ): void {
    const { workspace, association } = finding;
    const change = { action, workspace, findings: [finding], sentAt };
    this.#changes.set(associationKey(association), { policyKey: key, change, association, undoCount, onSettled });
  }

  /** Returns the associations whose changes for a policy no read has settled. Unless they are read, their absence shows nothing. */
  idsOf({ key }: Policy): readonly AssociationID[] {
    return [...this.#changes.values()].filter(({ policyKey }) => policyKey === key).map((one) => one.association);
  }

  /**
   * Removes the change of an association, because a fresh read shows that it has no effect. If something updated the association since, for
   * example, a rebuild, the change may have been made before, so that it stays counted.
   *
   * @param current association according to the read
   */
  discard(current: Association): void {
    const key = associationKey(current);
    const unconfirmed = this.#changes.get(key);
    if (unconfirmed?.association.lastUpdatedTime?.getTime() === current.lastUpdatedTime?.getTime()) {
      unconfirmed?.undoCount();
      unconfirmed?.onSettled('NotApplied');
    }
    this.#changes.delete(key);
  }

  /**
   * Returns the changes of a policy that a snapshot shows, and removes those that had no effect. If the WorkSpace is gone, no read can show
   * the result, so that the change stays counted.
   */
  settle(
    { key: policyKey }: Policy,
    snapshot: Pick<Snapshot, 'workspaces' | 'associations' | 'askedAt' | 'gaps'>,
  ): ConfirmedChange[] {
    const { workspaces, associations, askedAt } = snapshot;
    return [...this.#changes.values()]
      .filter((one) => one.policyKey === policyKey && !isUnknownIn(snapshot, one.association))
      .flatMap(({ change, association, onSettled }) => {
        const { workspaceID, applicationID } = association;
        const current = associations.get(workspaceID)?.get(applicationID);
        const isGone = !workspaces.has(workspaceID);
        if (!isGone && isMade(change.action, current)) {
          this.#changes.delete(associationKey(association));
          onSettled('Applied');
          return [change];
        }
        const isCurrent = askedAt - change.sentAt.getTime() >= EXPECTATION_TTL_MS;
        if (isGone && isCurrent) {
          this.#changes.delete(associationKey(association));
        } else if (isCurrent) {
          this.discard(current ?? association);
        }
        return [];
      });
  }

  /** Removes the changes of a deleted policy. They stay counted. */
  forget(policyKey: string): void {
    for (const [key, change] of this.#changes) {
      if (change.policyKey === policyKey) {
        this.#changes.delete(key);
      }
    }
  }
}

function isMade(action: StartAction, association: Association | undefined): boolean {
  const { state } = association ?? {};
  const isUnderWay =
    association !== undefined && (isPendingOf(action, association) || isInProgressOf(action, association));
  const isDone = action === 'Associate' ? state === 'COMPLETED' : association === undefined || state === 'REMOVED';
  return isUnderWay || isDone;
}
