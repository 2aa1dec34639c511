import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import { isTransitioning, isUninstall } from '../fleet/states.ts';

/** What a deployment does with one application. */
export type ChangeOperation = 'Install' | 'Uninstall';

interface Transition {
  readonly id: AssociationID;
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly operation: ChangeOperation;
  /** Of the association, in seconds, which is all that a status keeps; undefined where AWS left it out. */
  readonly updated: number | undefined;
}

/**
 * Remembers what associations were on their way to, for as long as they are: an ERROR doesn't say whether it was an install or an
 * uninstall that failed, and AWS may leave out since when something moves.
 */
export class Transitions {
  readonly #transitions = new Map<string, Transition>();

  note(association: Association, at: number): void {
    // Of a large fleet nearly nothing moves; then no key has to be made.
    if (this.#transitions.size === 0 && !isTransitioning(association) && !isUninstall(association)) {
      return;
    }
    const key = associationKey(association);
    const known = this.#transitions.get(key);
    const { state = '' } = association;
    const updated = updatedIn(association);
    if (known?.state === state) {
      // An ERROR that isn't the one that was seen may be another's.
      if (state === 'ERROR' && known.updated !== updated) {
        this.#transitions.delete(key);
      }
    } else if (state === 'ERROR') {
      if (known !== undefined) {
        this.#transitions.set(key, { ...known, state, updated });
      }
    } else if (isTransitioning(association) || isUninstall(association)) {
      const operation = isUninstall(association) ? 'Uninstall' : 'Install';
      this.#transitions.set(key, { id: association, state, since: at, operation, updated });
    } else if (known !== undefined) {
      this.#transitions.delete(key);
    }
  }

  /** Takes in what an earlier process knew of an operation that failed. What this one knows is younger. */
  rememberFailed(operation: ChangeOperation, association: Association, at: number): void {
    const key = associationKey(association);
    if (!this.#transitions.has(key)) {
      const updated = updatedIn(association);
      this.#transitions.set(key, { id: association, state: 'ERROR', since: at, operation, updated });
    }
  }

  /** Forgets what isn't there any more. `isListed`: whether what is known now would list it. */
  retain(isListed: (id: AssociationID) => boolean): void {
    for (const [key, { id }] of this.#transitions) {
      if (!isListed(id)) {
        this.#transitions.delete(key);
      }
    }
  }

  /** Since when it has been moving, in milliseconds since the epoch: as AWS says, or else as it was first seen. */
  since(association: Association): number | undefined {
    return association.lastUpdatedTime?.getTime() ?? this.#transitions.get(associationKey(association))?.since;
  }

  /** What failed, of an association in ERROR; undefined if nobody saw it. */
  failedOperation(association: Association): ChangeOperation | undefined {
    return association.state === 'ERROR' ? this.#transitions.get(associationKey(association))?.operation : undefined;
  }
}

function updatedIn({ lastUpdatedTime }: Association): number | undefined {
  return lastUpdatedTime && Math.floor(lastUpdatedTime.getTime() / 1000);
}
