import { compareBy } from '../compare.ts';
import type { AssociationID } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import { isInProgressOf, isPendingOf } from '../fleet/states.ts';
import { isUnknownIn, type Snapshot } from '../inventory/snapshot.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';
import type { StartedView } from '../plan/reverts.ts';
import type { Policy } from '../policy/policy.ts';
import { EXPECTATION_TTL_MS } from './expectations.ts';

/** Action that starts a change of an association. */
export type StartAction = 'Associate' | 'Disassociate';

/** A change that a status records as started, or that the process which wrote the status may have made. */
export interface RecordedStart {
  readonly id: AssociationID;
  readonly action: StartAction;
  /** Time of the change, or of the status that shows it as due, in milliseconds since the epoch. */
  readonly time: number;
  /** Whether the status shows the change as due, so that it may not have been made. */
  readonly isTentative: boolean;
  /** Last update of the association before a tentative change, in seconds since the epoch. */
  readonly updatedBefore?: number | undefined;
}

/** Maximum difference between the clocks of AWS and the operator, with times in whole seconds. */
export const CLOCK_SKEW_MS = 5_000;

interface Started extends RecordedStart {
  readonly policyKey: string;
  readonly uid: string;
  /** Last update of the association by the change, in seconds since the epoch. Undefined until AWS reports it. */
  readonly updated: number | undefined;
  /** Whether someone else began the change and the operator only deployed it. */
  readonly isDeployedOnly: boolean;
}

/**
 * Remembers the changes that the operator began, from the call until the association reaches the outcome or someone else changes it. Only
 * these changes can be reverted, and only their deployments can be repeated.
 */
export class StartedChanges implements StartedView {
  /** Changes by WorkSpace, then by application. */
  readonly #started = new Map<string, Map<string, Started>>();

  isStartedBy({ key, uid }: Policy, association: Association): boolean {
    const started = this.#matching(association);
    return started?.policyKey === key && started.uid === uid;
  }

  isStarted(association: Association): boolean {
    return this.#matching(association) !== undefined;
  }

  idsStartedBy({ key, uid }: Policy): readonly AssociationID[] {
    return this.#all()
      .filter((one) => one.policyKey === key && one.uid === uid && !one.isDeployedOnly)
      .map(({ id }) => id);
  }

  hasStarted(operation: ChangeOperation, { workspaceID, applicationID }: AssociationID): boolean {
    const started = this.#started.get(workspaceID)?.get(applicationID);
    return started !== undefined && operation === operationOf(started);
  }

  /** Returns the started changes of a WorkSpace as they are now. */
  viewOf(workspaceID: string): StartedView {
    const view = new StartedChanges();
    view.#started.set(workspaceID, new Map(this.#started.get(workspaceID)));
    return view;
  }

  /** Records a change before it is sent. Returns a function that undoes this, for a call that AWS rejected without an effect. */
  begin(action: StartAction, id: AssociationID, policy: Policy, now: Date): () => void {
    return this.#put(action, id, policy, now, false);
  }

  /** Records the deployment of a change before it is sent. A change that the operator began stays recorded as such. */
  beginDeployment(action: StartAction, id: AssociationID, policy: Policy, now: Date): () => void {
    return this.hasStarted(operationOf({ action }), id) ? () => {} : this.#put(action, id, policy, now, true);
  }

  #put(action: StartAction, id: AssociationID, policy: Policy, now: Date, isDeployedOnly: boolean): () => void {
    const { workspaceID, applicationID } = id;
    const before = this.#started.get(workspaceID)?.get(applicationID);
    this.#set({
      id: { workspaceID, applicationID },
      action,
      time: now.getTime(),
      isTentative: false,
      updated: undefined,
      policyKey: policy.key,
      uid: policy.uid,
      isDeployedOnly,
    });
    return () => (before === undefined ? this.end(id) : this.#set(before));
  }

  /** Records the response to a change. A change that reverted an earlier one has no more to deploy. */
  confirm(after: Association): void {
    const started = this.#started.get(after.workspaceID)?.get(after.applicationID);
    if (started !== undefined && isPendingOf(started.action, after)) {
      this.#set({ ...started, updated: secondsOf(after) });
    }
  }

  /** Removes a change, because it was reverted. */
  end({ workspaceID, applicationID }: AssociationID): void {
    const byApplication = this.#started.get(workspaceID);
    byApplication?.delete(applicationID);
    if (byApplication?.size === 0) {
      this.#started.delete(workspaceID);
    }
  }

  /** Restores the changes that a status records. More recent changes take precedence. */
  restore({ key, uid }: Policy, recorded: readonly RecordedStart[]): void {
    for (const one of recorded) {
      const { workspaceID, applicationID } = one.id;
      if (this.#started.get(workspaceID)?.get(applicationID) === undefined) {
        this.#set({ ...one, policyKey: key, uid, updated: undefined, isDeployedOnly: false });
      }
    }
  }

  /**
   * Removes the changes of a policy that reached their outcome, and associations that someone else changed since.
   *
   * @param snapshot snapshot that contains the associations of all changes of the policy that exist
   */
  settle({ key }: Policy, snapshot: Pick<Snapshot, 'workspaces' | 'associations' | 'gaps'>, now: Date): void {
    const { associations } = snapshot;
    for (const started of this.#all().filter(({ policyKey, id }) => policyKey === key && !isUnknownIn(snapshot, id))) {
      const { workspaceID, applicationID } = started.id;
      const association = associations.get(workspaceID)?.get(applicationID);
      // Reads may return the state before a recent change.
      const mayLag = !started.isTentative && now.getTime() - started.time < EXPECTATION_TTL_MS;
      if (association !== undefined && isPendingOf(started.action, association)) {
        if (!isSameChange(started, association)) {
          this.end(started.id);
        } else if (!started.isDeployedOnly) {
          this.#set({ ...started, isTentative: false, updated: secondsOf(association) });
        } else if (!mayLag) {
          this.end(started.id);
        }
      } else if (!mayLag && !(association !== undefined && isUnderWay(started, association))) {
        this.end(started.id);
      }
    }
  }

  /** Removes the changes of a deleted policy. Nobody reverts them. */
  forget(policyKey: string): void {
    for (const { id } of this.#all().filter((one) => one.policyKey === policyKey)) {
      this.end(id);
    }
  }

  /** Returns the changes of a policy for its status, the newest first. */
  recordedFor({ key }: Policy): readonly RecordedStart[] {
    return this.#all()
      .filter(({ policyKey, isDeployedOnly, isTentative }) => policyKey === key && !isDeployedOnly && !isTentative)
      .map((one) => ({ ...one, time: one.updated === undefined ? one.time : one.updated * 1000 }))
      .sort(
        (a, b) =>
          b.time - a.time || compareBy(({ id }: RecordedStart) => `${id.workspaceID} ${id.applicationID}`)(a, b),
      );
  }

  #matching(association: Association): Started | undefined {
    const started = this.#started.get(association.workspaceID)?.get(association.applicationID);
    const matches =
      started !== undefined &&
      !started.isDeployedOnly &&
      isPendingOf(started.action, association) &&
      isSameChange(started, association);
    return matches ? started : undefined;
  }

  #all(): Started[] {
    return [...this.#started.values()].flatMap((byApplication) => [...byApplication.values()]);
  }

  #set(started: Started): void {
    const { workspaceID, applicationID } = started.id;
    const byApplication = this.#started.get(workspaceID) ?? new Map<string, Started>();
    this.#started.set(workspaceID, byApplication.set(applicationID, started));
  }
}

/** Whether the change is the last update of an association in its pending state. AWS may omit the time of the update. */
function isSameChange({ time, updated, isTentative, updatedBefore }: Started, association: Association): boolean {
  const seen = secondsOf(association);
  if (seen === undefined) {
    return true;
  }
  if (isTentative) {
    // The process made the change after it wrote the status, at `time`.
    return seen !== updatedBefore && seen * 1000 >= time - CLOCK_SKEW_MS;
  }
  return updated === undefined ? Math.abs(seen * 1000 - time) <= EXPECTATION_TTL_MS : seen === updated;
}

/** Whether AWS carries out the change, or its deployment failed. */
function isUnderWay({ action }: Started, association: Association): boolean {
  return association.state === 'ERROR' || isInProgressOf(action, association);
}

function operationOf({ action }: Pick<Started, 'action'>): ChangeOperation {
  return action === 'Associate' ? 'Install' : 'Uninstall';
}

function secondsOf({ lastUpdatedTime }: Association): number | undefined {
  return lastUpdatedTime && Math.floor(lastUpdatedTime.getTime() / 1000);
}
