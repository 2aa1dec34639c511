import { associationKey } from '../fleet/associationID.ts';
import type { Association } from '../fleet/model.ts';
import type { Change } from '../plan/plan.ts';

/** How long AWS may go on answering as before a change, in milliseconds. */
const EXPECTATION_TTL_MS = 60_000;

interface Expectation {
  readonly at: number;
  readonly lastUpdatedTime: number | undefined;
}

/**
 * Remembers which changes were just sent: reads may lag behind, and answers may be lost, and neither is a reason to send a change
 * again for the same state.
 */
export class Expectations {
  readonly #sent = new Map<string, Expectation>();

  /** A change is about to be sent. Returns how to take that back, for one that AWS refused to look at. */
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

  /** Whether the same change was sent a moment ago, and AWS's answer to a read is the one from before. */
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
