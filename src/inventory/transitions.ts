import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import { isTransitioning, isUninstall } from '../fleet/states.ts';
import { someState } from './associationTable.ts';

/** Operation that a deployment performs for one application. */
export type ChangeOperation = 'Install' | 'Uninstall';

/**
 * Maximum time from the last read that showed an operation to its failure. A failure after this time may belong to a later deployment of
 * the opposite operation, which takes longer than this.
 */
const MAX_UNSEEN_MS = 60_000;

interface Transition {
  readonly id: AssociationID;
  readonly state: string;
  /** Time of the first observation, in milliseconds since the epoch. */
  readonly since: number;
  /** Time of the last read that showed the state, in milliseconds since the epoch. */
  readonly seenAt: number;
  readonly operation: ChangeOperation;
  /** Last update of the association, in whole seconds like in the status. Undefined if AWS omitted it. */
  readonly updated: number | undefined;
}

/**
 * Remembers the operation and the start of associations in transition. The state ERROR doesn't contain the failed operation, and AWS may
 * omit the time of the last update.
 */
export class Transitions {
  readonly #transitions = new Map<string, Transition>();

  /** Whether associations of a WorkSpace must be observed. Fast path: in a large fleet, few associations are in transition. */
  observes(associations: ReadonlyMap<string, Association>): boolean {
    return this.#transitions.size > 0 || someState(associations, (one) => isTransitioning(one) || isUninstall(one));
  }

  /**
   * Records the state of an association at a time, in milliseconds since the epoch.
   *
   * @param readAt returns the time of the read that showed the state
   */
  observe(association: Association, at: number, readAt: () => number = () => at): void {
    const key = associationKey(association);
    const known = this.#transitions.get(key);
    const { state = '' } = association;
    const updated = updatedIn(association);
    if (known?.state === state) {
      // A later ERROR may belong to another operation.
      if (state === 'ERROR' && known.updated !== updated) {
        this.#transitions.delete(key);
      } else if (state !== 'ERROR') {
        this.#transitions.set(key, { ...known, seenAt: readAt(), updated });
      }
    } else if (state === 'ERROR') {
      if (known !== undefined && belongsTo(association, known, readAt())) {
        this.#transitions.set(key, { ...known, state, since: at, updated });
      } else {
        this.#transitions.delete(key);
      }
    } else if (isTransitioning(association) || isUninstall(association)) {
      const operation = isUninstall(association) ? 'Uninstall' : 'Install';
      this.#transitions.set(key, { id: association, state, since: at, seenAt: readAt(), operation, updated });
    } else if (known !== undefined) {
      this.#transitions.delete(key);
    }
  }

  /** Restores a failed operation that an earlier process observed, unless this process has a more recent observation. */
  rememberFailed(operation: ChangeOperation, association: Association, at: number): void {
    const key = associationKey(association);
    if (!this.#transitions.has(key)) {
      const updated = updatedIn(association);
      this.#transitions.set(key, { id: association, state: 'ERROR', since: at, seenAt: at, operation, updated });
    }
  }

  /**
   * Removes associations that no longer exist.
   *
   * @param isListed whether a listing contains the association, or doesn't cover its application
   */
  retain(isListed: (id: AssociationID) => boolean): void {
    for (const [key, { id }] of this.#transitions) {
      if (!isListed(id)) {
        this.#transitions.delete(key);
      }
    }
  }

  /** Returns the start of the transition in milliseconds since the epoch, as reported by AWS or as first observed. */
  since(association: Association): number | undefined {
    return association.lastUpdatedTime?.getTime() ?? this.#transitions.get(associationKey(association))?.since;
  }

  /** Returns the time of a failure in milliseconds since the epoch. Undefined if AWS omits it and the failure was not observed. */
  failedAt(association: Association): number | undefined {
    return association.state === 'ERROR' ? this.since(association) : undefined;
  }

  /** Returns the failed operation of an association in ERROR. Undefined if it was not observed, or the failure may be another one's. */
  failedOperation(association: Association): ChangeOperation | undefined {
    return association.state === 'ERROR' ? this.#transitions.get(associationKey(association))?.operation : undefined;
  }
}

/** Whether a failure that was read at `readAt` is the failure of an operation that was last seen in progress. */
function belongsTo(failure: Association, { updated, seenAt }: Transition, readAt: number): boolean {
  const isSameUpdate = updated !== undefined && updated === updatedIn(failure);
  return isSameUpdate || (failure.lastUpdatedTime?.getTime() ?? readAt) - seenAt <= MAX_UNSEEN_MS;
}

function updatedIn({ lastUpdatedTime }: Association): number | undefined {
  return lastUpdatedTime && Math.floor(lastUpdatedTime.getTime() / 1000);
}
