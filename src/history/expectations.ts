import { associationKey } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import type { Change } from '../plan/plan.ts';

/** Maximum time during which reads from AWS may return the state before a change. */
export const EXPECTATION_TTL_MS = 60_000;

interface Expectation {
  readonly at: number;
  readonly lastUpdatedTime: number | undefined;
}

/**
 * Remembers recently sent changes, like the expectations of Kubernetes controllers. Reads may lag behind and responses may be lost, but the
 * operator must not send a change twice for the same state.
 */
export class Expectations {
  readonly #sent = new Map<string, Expectation>();

  /** Records a change before it is sent. Returns a function that undoes this, for a call that AWS rejected without an effect. */
  expect(action: Change['action'], associations: readonly Association[], now: Date): () => void {
    for (const [key, { at }] of this.#sent) {
      if (now.getTime() - at > EXPECTATION_TTL_MS) {
        this.#sent.delete(key);
      }
    }
    const keys = associations.map((association) => {
      const key = keyOf(action, association);
      this.#sent.set(key, { at: now.getTime(), lastUpdatedTime: association.lastUpdatedTime?.getTime() });
      return key;
    });
    return () => keys.forEach((key) => void this.#sent.delete(key));
  }

  /** Whether the same change was sent recently, and the association that was read is still the one from before the change. */
  isPending(action: Change['action'], association: Association, now: Date): boolean {
    const sent = this.#sent.get(keyOf(action, association));
    return (
      sent !== undefined &&
      now.getTime() - sent.at < EXPECTATION_TTL_MS &&
      sent.lastUpdatedTime === association.lastUpdatedTime?.getTime()
    );
  }
}

function keyOf(action: Change['action'], association: Association): string {
  return `${action} ${associationKey(association)}`;
}
