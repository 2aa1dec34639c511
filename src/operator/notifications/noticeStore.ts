import { objectKey } from '../../kube/resource.ts';
import type { PolicyObject } from '../../kube/resources.ts';
import type { WatchChange } from '../../kube/store.ts';
import { type Notice, type NotifiedPolicy, noticesOf } from '../../notifications/notices.ts';

/** Notices of all watched policies. */
export class NoticeStore {
  readonly #notices = new Map<string, readonly Notice[]>();

  /** Handles a change of a policy. Returns whether its notices changed. */
  observe({ type, object }: WatchChange<PolicyObject>): boolean {
    const key = objectKey(object.metadata);
    const before = this.#notices.get(key) ?? [];
    const after = type === 'Deleted' ? [] : noticesOf(object as NotifiedPolicy);
    if (after.length === 0) {
      this.#notices.delete(key);
    } else {
      this.#notices.set(key, after);
    }
    return identityOf(before) !== identityOf(after);
  }

  /** Returns the current notices. */
  all(): Notice[] {
    return [...this.#notices.values()].flat();
  }
}

function identityOf(notices: readonly Notice[]): string {
  return notices.map(({ id, isCurrent }) => `${id} ${isCurrent}`).join('\n');
}
