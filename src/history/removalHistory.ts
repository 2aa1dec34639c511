import { compareStrings } from '../compare.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { RecentRemovals } from '../plan/backoff.ts';
import { FLAPPING_WITHIN } from '../plan/holds/flapping.ts';

interface Recorded {
  readonly id: AssociationID;
  /** Milliseconds since the epoch, the earliest first. */
  readonly times: readonly number[];
  /** The keys of the policies whose status tells of it. */
  readonly policies: ReadonlySet<string>;
}

/** Remembers what was removed in the last 24 hours, over all policies, to tell what comes back again and again. */
export class RemovalHistory implements RecentRemovals {
  readonly #recorded = new Map<string, Recorded>();

  get size(): number {
    return this.#recorded.size;
  }

  timesOf(id: AssociationID): readonly number[] {
    return this.#recorded.get(associationKey(id))?.times ?? [];
  }

  /** Records a removal, or takes up one that an earlier process recorded. Returns how to take that back, for one that wasn't made. */
  record({ workspaceID, applicationID }: AssociationID, at: number, policyKey: string): () => void {
    const id = { workspaceID, applicationID };
    const before = this.#recorded.get(associationKey(id));
    const { times = [], policies = [] } = before ?? {};
    this.#recorded.set(associationKey(id), {
      id,
      // Whole seconds, as in the status, so that what is taken up again isn't counted twice.
      times: [...new Set([...times, Math.floor(at / 1000) * 1000])].sort((a, b) => a - b),
      policies: new Set([...policies, policyKey]),
    });
    return () =>
      before === undefined ? this.#recorded.delete(associationKey(id)) : this.#recorded.set(associationKey(id), before);
  }

  /** What a policy's status tells, those first that were removed most often, then the latest. Forgets what is older. */
  of(policyKey: string, now: number): { readonly id: AssociationID; readonly times: readonly number[] }[] {
    for (const [key, { id, times, policies }] of this.#recorded) {
      const recent = times.filter((time) => now - time < FLAPPING_WITHIN);
      if (recent.length === 0) {
        this.#recorded.delete(key);
      } else if (recent.length < times.length) {
        this.#recorded.set(key, { id, times: recent, policies });
      }
    }
    const latest = ({ times }: Recorded) => times.at(-1) ?? 0;
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
