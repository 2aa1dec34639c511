import type { Association } from '../fleet/model.ts';
import { UpdatedMap } from '../lazyMap.ts';
import type { Sliced } from '../slices.ts';
import type { AssociationsByWorkspace } from './associationTable.ts';
import { type AssociationListing, ListedAssociations } from './listedAssociations.ts';

interface ObservedWorkspace {
  /** Time of the last request for all associations of the WorkSpace. */
  allAt: number;
  readonly byApplication: Map<string, { readonly at: number; readonly association: Association }>;
}

interface TimedListing extends AssociationListing {
  /** Time of the request. */
  readonly askedAt: number;
}

/** Maximum time that a request waits for its token, in milliseconds. An earlier time shows that the clock was set back. */
const MAX_WAIT_MS = 10 * 60_000;

/** Observations of the associations of single WorkSpaces: of all of them, or of one. Times are in milliseconds since the epoch. */
export class ObservedAssociations {
  readonly #listed = new ListedAssociations();
  readonly #workspaces = new Map<string, ObservedWorkspace>();

  /** Records all associations of a WorkSpace. */
  recordAll(workspaceID: string, associations: readonly Association[], askedAt: number): void {
    // A request can wait for its token longer than a later one with precedence, so its answer is the newer one.
    const last = this.#workspaces.get(workspaceID)?.allAt ?? askedAt;
    const at = last - askedAt <= MAX_WAIT_MS ? Math.max(askedAt, last) : askedAt;
    const entries = associations.map((association) => [association.applicationID, { at, association }] as const);
    this.#workspaces.set(workspaceID, { allAt: at, byApplication: new Map(entries) });
  }

  /** Records one association of a WorkSpace. */
  record(association: Association, at: number): void {
    const { workspaceID, applicationID } = association;
    const observed = this.#workspaces.get(workspaceID) ?? {
      allAt: Number.NEGATIVE_INFINITY,
      byApplication: new Map(),
    };
    observed.byApplication.set(applicationID, { at, association });
    this.#workspaces.set(workspaceID, observed);
  }

  /** Forgets the associations of a WorkSpace. */
  delete(workspaceID: string): void {
    this.#workspaces.delete(workspaceID);
  }

  /** Returns the time of the last read of all associations of a WorkSpace. Undefined if they were not read. */
  allSeenAt(workspaceID: string): number | undefined {
    return this.#workspaces.get(workspaceID)?.allAt;
  }

  /** Returns the time of the last observation of an association. Undefined if there is none. */
  seenAt({ workspaceID, applicationID }: Association): number | undefined {
    const observed = this.#workspaces.get(workspaceID);
    const at = Math.max(observed?.allAt ?? 0, observed?.byApplication.get(applicationID)?.at ?? 0);
    return at > 0 ? at : undefined;
  }

  /**
   * Returns the observed state of an association: a state, or undefined if the WorkSpace doesn't have the application. Returns `Unread` if it
   * was not observed since a time.
   */
  stateSince(workspaceID: string, applicationID: string, since: number): Association['state'] | 'Unread' {
    const observed = this.#workspaces.get(workspaceID);
    const one = observed?.byApplication.get(applicationID);
    if (one !== undefined && one.at >= since) {
      return one.association.state;
    }
    return (observed?.allAt ?? Number.NEGATIVE_INFINITY) >= since ? undefined : 'Unread';
  }

  /** Returns the observed associations of a WorkSpace. */
  of(workspaceID: string): Association[] {
    return [...(this.#workspaces.get(workspaceID)?.byApplication.values() ?? [])].map(({ association }) => association);
  }

  /**
   * Returns the associations of the listings, updated by observations. For applications without a listing, ignores observations before
   * `since`, because no listing replaces them.
   */
  *merge(listings: ReadonlyMap<string, TimedListing>, since: number): Sliced<AssociationsByWorkspace> {
    const listed = yield* this.#listed.merge([...listings.values()]);
    const copies = new Map<string, Map<string, Association>>();
    // Other snapshots share the associations of the listings.
    const copyOf = (workspaceID: string) => {
      const copy = copies.get(workspaceID) ?? new Map(listed.get(workspaceID));
      copies.set(workspaceID, copy);
      return copy;
    };
    for (const [workspaceID, { allAt, byApplication }] of this.#workspaces) {
      for (const [applicationID, { askedAt }] of listings) {
        if (allAt >= askedAt && !byApplication.has(applicationID)) {
          if (listed.get(workspaceID)?.has(applicationID) === true) {
            copyOf(workspaceID).delete(applicationID);
          }
        }
      }
      for (const [applicationID, { at, association }] of byApplication) {
        if (at >= (listings.get(applicationID)?.askedAt ?? since)) {
          copyOf(workspaceID).set(applicationID, association);
        }
      }
    }
    return copies.size === 0 ? listed : new UpdatedMap(listed, copies);
  }

  /** Removes the WorkSpaces that were last observed before a time. */
  prune(before: number): void {
    for (const [workspaceID, { allAt, byApplication }] of this.#workspaces) {
      const latest = Math.max(allAt, ...[...byApplication.values()].map(({ at }) => at));
      if (latest < before) {
        this.#workspaces.delete(workspaceID);
      }
    }
  }
}
