import type { Association } from './model.ts';
import { isMoving, isUninstall } from './states.ts';

interface Movement {
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly uninstall: boolean;
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
    const key = keyOf(association);
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
      this.#movements.set(key, { state, since: at, uninstall: isUninstall(association), updated });
    } else if (known !== undefined) {
      this.#movements.delete(key);
    }
  }

  /** Takes in what an earlier process knew of an uninstall that failed. What this one knows is younger. */
  rememberFailedUninstall(association: Association, at: number): void {
    const key = keyOf(association);
    if (!this.#movements.has(key)) {
      this.#movements.set(key, { state: 'ERROR', since: at, uninstall: true, updated: updatedIn(association) });
    }
  }

  /** Forgets what isn't there any more. `isListed`: whether what is known now would list it. */
  retain(isListed: (association: Pick<Association, 'workspaceId' | 'applicationId'>) => boolean): void {
    for (const key of this.#movements.keys()) {
      const [workspaceId = '', applicationId = ''] = key.split(' ');
      if (!isListed({ workspaceId, applicationId })) {
        this.#movements.delete(key);
      }
    }
  }

  /** Since when it has been moving, in milliseconds since the epoch: as AWS says, or else as it was first seen. */
  since(association: Association): number | undefined {
    return association.lastUpdatedTime?.getTime() ?? this.#movements.get(keyOf(association))?.since;
  }

  /** Whether it is known that what failed was an uninstall. */
  wasUninstall(association: Association): boolean {
    return association.state === 'ERROR' && (this.#movements.get(keyOf(association))?.uninstall ?? false);
  }
}

function updatedIn({ lastUpdatedTime }: Association): number | undefined {
  return lastUpdatedTime && Math.floor(lastUpdatedTime.getTime() / 1000);
}

function keyOf({ workspaceId, applicationId }: Association): string {
  return `${workspaceId} ${applicationId}`;
}
