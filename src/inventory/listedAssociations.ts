import { inColumns } from '../fleet/associationColumns.ts';
import type { Association } from '../fleet/model.ts';
import type { Sequence } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import { type AssociationsByWorkspace, associationTable } from './associationTable.ts';

/** Listing of the associations of an application. */
export interface AssociationListing {
  readonly value: Sequence<Association>;
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
    const merged = known ?? {
      listings,
      associations: yield* associationTable(
        listings.map(({ value }) => inColumns(value.at(0)?.applicationID ?? '', value)),
      ),
    };
    const others = (this.#kept.get(first) ?? []).filter((kept) => kept !== merged);
    this.#kept.set(first, [merged, ...others].slice(0, MAX_KEPT));
    return merged.associations;
  }
}

/** Whether two lists contain the same items. */
export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
