import type { Association } from './model.ts';
import { isMoving, isUninstall } from './states.ts';

interface Movement {
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly uninstall: boolean;
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
    if (state === 'ERROR' || known?.state === state) {
      return;
    }
    if (isMoving(association) || isUninstall(association)) {
      this.#movements.set(key, { state, since: at, uninstall: isUninstall(association) });
    } else if (known !== undefined) {
      this.#movements.delete(key);
    }
  }

  /** Since when it has been moving, in milliseconds since the epoch: as AWS says, or else as it was first seen. */
  since(association: Association): number | undefined {
    return association.lastUpdatedTime?.getTime() ?? this.#movements.get(keyOf(association))?.since;
  }

  /** Whether it is known that what failed was an uninstall. */
  wasUninstall(association: Association): boolean {
    return this.#movements.get(keyOf(association))?.uninstall ?? false;
  }
}

function keyOf({ workspaceId, applicationId }: Association): string {
  return `${workspaceId} ${applicationId}`;
}
