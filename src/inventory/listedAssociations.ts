import type { Association } from '../fleet/model.ts';
import { isYieldDue, type Sliced } from '../slices.ts';

/** Associations by WorkSpace, then by application. */
export type AssociationsByWorkspace = ReadonlyMap<string, ReadonlyMap<string, Association>>;

/** Listing of the associations of an application. */
interface AssociationListing {
  readonly value: readonly Association[];
}

interface Merged {
  readonly listings: readonly AssociationListing[];
  readonly associations: AssociationsByWorkspace;
}

/** Number of sets of listings to keep with each listing. Policies that name different applications need different ones. */
const MAX_KEPT = 4;

/** Associations of listings by WorkSpace. All snapshots of the same listings share them. */
export class ListedAssociations {
  /** The last sets of listings by their first listing, the most recently used first. They are dropped with that listing. */
  readonly #kept = new WeakMap<AssociationListing, readonly Merged[]>();

  /** Returns the associations of listings. */
  *merge(listings: readonly AssociationListing[]): Sliced<AssociationsByWorkspace> {
    const [first] = listings;
    if (first === undefined) {
      return new Map();
    }
    const known = this.#kept.get(first)?.find((merged) => isSame(merged.listings, listings));
    const merged = known ?? { listings, associations: yield* mergeListings(listings) };
    const others = (this.#kept.get(first) ?? []).filter((kept) => kept !== merged);
    this.#kept.set(first, [merged, ...others].slice(0, MAX_KEPT));
    return merged.associations;
  }
}

/** Whether two lists contain the same items. */
export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function* mergeListings(listings: readonly AssociationListing[]): Sliced<AssociationsByWorkspace> {
  const merged = new Map<string, Map<string, Association>>();
  for (const { value } of listings) {
    for (const [index, association] of value.entries()) {
      if (isYieldDue(index)) {
        yield;
      }
      const { workspaceID, applicationID } = association;
      const byApplication = merged.get(workspaceID);
      if (byApplication === undefined) {
        merged.set(workspaceID, new Map([[applicationID, association]]));
      } else {
        byApplication.set(applicationID, association);
      }
    }
  }
  return merged;
}
