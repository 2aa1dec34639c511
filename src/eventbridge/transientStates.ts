import { type Backoff, backoffDelay } from '../backoff.ts';

/** Delay before a WorkSpace in a transient state is read again. */
const TRANSITION_BACKOFF: Backoff = { baseMs: 60_000, maxMs: 30 * 60_000 };

/** Time for which AWS may not return a new WorkSpace, in milliseconds. The creation is asynchronous (WorkSpaces API, CreateWorkspaces). */
const EXPECTED_MS = 30 * 60_000;

interface TransientState {
  readonly reads: number;
  readonly dueAt: number;
}

/**
 * WorkSpaces that AWS is changing or creating, which are read again after growing delays until they are stable. All times are in milliseconds since the
 * epoch.
 */
export class TransientStates {
  readonly #states = new Map<string, TransientState>();
  /** Times until which AWS may not return new WorkSpaces. */
  readonly #expected = new Map<string, number>();
  readonly #capacity: number;

  /** @param capacity maximum number of WorkSpaces. A listing shows the state of the others. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** IDs of the WorkSpaces. */
  get ids(): Iterable<string> {
    return this.#states.keys();
  }

  has(workspaceID: string): boolean {
    return this.#states.has(workspaceID);
  }

  /** Returns the time of the next read of a WorkSpace. Infinity if it is stable. */
  dueAt(workspaceID: string): number {
    return this.#states.get(workspaceID)?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Returns the times of the next reads, by WorkSpace ID. */
  dueTimes(): (readonly [workspaceID: string, dueAt: number])[] {
    return [...this.#states].map(([id, { dueAt }]) => [id, dueAt] as const);
  }

  /** Records that a call created a WorkSpace, which AWS returns from `readyAt` on or later. */
  expect(workspaceID: string, readyAt: number): void {
    for (const [id, until] of this.#expected) {
      if (until >= readyAt && this.#expected.size < this.#capacity) {
        break;
      }
      this.#expected.delete(id);
    }
    this.#expected.set(workspaceID, readyAt + EXPECTED_MS);
  }

  /** IDs of the new WorkSpaces that no later read showed in a stable state. */
  get expectedIDs(): Iterable<string> {
    return this.#expected.keys();
  }

  /** Whether AWS may not return a WorkSpace yet. */
  isExpected(workspaceID: string, now: number): boolean {
    return (this.#expected.get(workspaceID) ?? now) > now;
  }

  /** Records a read that shows a WorkSpace in a transient state, or that failed. */
  record(workspaceID: string, readAt: number): void {
    const known = this.#states.get(workspaceID);
    if (known !== undefined || this.#states.size < this.#capacity) {
      const reads = known === undefined ? 0 : known.reads + 1;
      this.#states.set(workspaceID, { reads, dueAt: readAt + backoffDelay(TRANSITION_BACKOFF, reads) });
    }
  }

  /** Records that a WorkSpace is stable or doesn't exist. Returns whether it was in a transient state before. */
  end(workspaceID: string): boolean {
    this.#expected.delete(workspaceID);
    return this.#states.delete(workspaceID);
  }
}
