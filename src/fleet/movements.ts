import type { Association } from './model.ts';
import { type Pair, pairKey } from './pair.ts';
import { isMoving, isUninstall } from './states.ts';

/** What a deployment does with one application. */
export type Operation = 'Install' | 'Uninstall';

interface Movement {
  readonly pair: Pair;
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly operation: Operation;
  /** Of the association, in seconds, which is all that a status keeps; undefined where AWS left it out. */
  readonly updated: number | undefined;
}

/**
 * Remembers what associations were on their way to, for as long as they are: an ERROR doesn't say whether it was an install or an
 * uninstall that failed, and AWS may leave out since when something moves.
 */
export class Movements {
  readonly #movements = new Map<string, Movement>();

  note(association: Association, at: number): void {
    // Of a large fleet nearly nothing moves; then no key has to be made.
    if (this.#movements.size === 0 && !isMoving(association) && !isUninstall(association)) {
      return;
    }
    const key = pairKey(association);
    const known = this.#movements.get(key);
    const { state = '' } = association;
    const updated = updatedIn(association);
    if (known?.state === state) {
      // An ERROR that isn't the one that was seen may be another's.
      if (state === 'ERROR' && known.updated !== updated) {
        this.#movements.delete(key);
      }
    } else if (state === 'ERROR') {
      if (known !== undefined) {
        this.#movements.set(key, { ...known, state, updated });
      }
    } else if (isMoving(association) || isUninstall(association)) {
      const operation = isUninstall(association) ? 'Uninstall' : 'Install';
      this.#movements.set(key, { pair: association, state, since: at, operation, updated });
    } else if (known !== undefined) {
      this.#movements.delete(key);
    }
  }

  /** Takes in what an earlier process knew of an operation that failed. What this one knows is younger. */
  rememberFailed(operation: Operation, association: Association, at: number): void {
    const key = pairKey(association);
    if (!this.#movements.has(key)) {
      const updated = updatedIn(association);
      this.#movements.set(key, { pair: association, state: 'ERROR', since: at, operation, updated });
    }
  }

  /** Forgets what isn't there any more. `isListed`: whether what is known now would list it. */
  retain(isListed: (pair: Pair) => boolean): void {
    for (const [key, { pair }] of this.#movements) {
      if (!isListed(pair)) {
        this.#movements.delete(key);
      }
    }
  }

  /** Since when it has been moving, in milliseconds since the epoch: as AWS says, or else as it was first seen. */
  since(association: Association): number | undefined {
    return association.lastUpdatedTime?.getTime() ?? this.#movements.get(pairKey(association))?.since;
  }

  /** What failed, of an association in ERROR; undefined if nobody saw it. */
  failedOperation(association: Association): Operation | undefined {
    return association.state === 'ERROR' ? this.#movements.get(pairKey(association))?.operation : undefined;
  }
}

function updatedIn({ lastUpdatedTime }: Association): number | undefined {
  return lastUpdatedTime && Math.floor(lastUpdatedTime.getTime() / 1000);
}
