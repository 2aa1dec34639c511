import { compareStrings } from '../compare.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { RecentRemovals } from '../plan/backoff.ts';
import { FLAPPING_PERIOD_MS } from '../plan/holds/flapping.ts';

interface RecordedRemovals {
  readonly id: AssociationID;
  /** Milliseconds since the epoch in ascending order. */
  readonly times: readonly number[];
  /** Keys of the policies whose status lists the removals. */
  readonly policies: ReadonlySet<string>;
}

/** Remembers the removals of the last 24 hours, over all policies, to detect applications that repeatedly come back. */
export class RemovalHistory implements RecentRemovals {
  readonly #recorded = new Map<string, RecordedRemovals>();

  get size(): number {
    return this.#recorded.size;
  }

  timesOf(id: AssociationID): readonly number[] {
    return this.#recorded.get(associationKey(id))?.times ?? [];
  }

  /** Records a removal, or restores one from an earlier process. Returns a function that undoes this, for a removal that was not made. */
  record({ workspaceID, applicationID }: AssociationID, at: number, policyKey: string): () => void {
    const id = { workspaceID, applicationID };
    const key = associationKey(id);
    const { times = [], policies = [] } = this.#recorded.get(key) ?? {};
    // Whole seconds, as in the status, so that a restored removal doesn't count twice.
    const time = Math.floor(at / 1000) * 1000;
    this.#recorded.set(key, {
      id,
      times: [...new Set([...times, time])].sort((a, b) => a - b),
      policies: new Set([...policies, policyKey]),
    });
    return times.includes(time) ? () => {} : () => this.#remove(key, time);
  }

  /** Removes one removal and keeps those that were recorded since. */
  #remove(key: string, time: number): void {
    const recorded = this.#recorded.get(key);
    const times = recorded?.times.filter((one) => one !== time) ?? [];
    if (recorded === undefined || times.length === 0) {
      this.#recorded.delete(key);
    } else {
      this.#recorded.set(key, { ...recorded, times });
    }
  }

  /** Returns the removals in a policy's status: first the most frequent, then the latest. Deletes removals older than 24 hours. */
  recentFor(policyKey: string, now: number): { readonly id: AssociationID; readonly times: readonly number[] }[] {
    for (const [key, { id, times, policies }] of this.#recorded) {
      const recent = times.filter((time) => now - time < FLAPPING_PERIOD_MS);
      if (recent.length === 0) {
        this.#recorded.delete(key);
      } else if (recent.length < times.length) {
        this.#recorded.set(key, { id, times: recent, policies });
      }
    }
    const latest = ({ times }: RecordedRemovals) => times.at(-1) ?? 0;
    return [...this.#recorded.values()]
      .filter(({ policies }) => policies.has(policyKey))
      .sort(
        (a, b) =>
          b.times.length - a.times.length ||
          latest(b) - latest(a) ||
          compareStrings(associationKey(a.id), associationKey(b.id)),
      );
  }
}
