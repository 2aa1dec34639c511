import type { AssociationColumns } from '../fleet/associationColumns.ts';
import type { Association } from '../fleet/model.ts';
import { LazyMap } from '../lazyMap.ts';
import { IndexList } from '../sequence.ts';
import { isYieldDue, type Sliced } from '../slices.ts';

/** Associations by WorkSpace, then by application. */
export type AssociationsByWorkspace = ReadonlyMap<string, ReadonlyMap<string, Association>>;

/** Where the associations of each WorkSpace are in the listings. */
interface Index {
  readonly listings: readonly AssociationColumns[];
  /** Rows of the WorkSpaces, in the order of their first association. */
  readonly rows: ReadonlyMap<string, number>;
  /** Start of each row in `listing` and `item`. */
  readonly starts: Uint32Array;
  /** End of each row, exclusive. */
  readonly ends: Uint32Array;
  /** Listing of each association, as an index in `listings`. */
  readonly listing: Uint32Array;
  /** Index of each association in its listing. */
  readonly item: Uint32Array;
}

/** Associations of listings by WorkSpace. It refers to the listings, and creates each object when it is read. */
export class AssociationTable extends LazyMap<string, ReadonlyMap<string, Association>> {
  readonly #index: Index;

  constructor(index: Index) {
    super();
    this.#index = index;
  }

  get size(): number {
    return this.#index.rows.size;
  }

  get(workspaceID: string): ReadonlyMap<string, Association> | undefined {
    const row = this.#index.rows.get(workspaceID);
    return row === undefined ? undefined : new AssociationsOnWorkspace(this.#index, row);
  }

  has(workspaceID: string): boolean {
    return this.#index.rows.has(workspaceID);
  }

  *entries(): Generator<[string, ReadonlyMap<string, Association>], undefined, unknown> {
    for (const [workspaceID, row] of this.#index.rows) {
      yield [workspaceID, new AssociationsOnWorkspace(this.#index, row)];
    }
  }
}

/** Associations of one WorkSpace by application. */
class AssociationsOnWorkspace extends LazyMap<string, Association> {
  readonly #index: Index;
  readonly #row: number;

  constructor(index: Index, row: number) {
    super();
    this.#index = index;
    this.#row = row;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  get(applicationID: string): Association | undefined {
    const position = this.#positionOf(applicationID);
    return position === undefined ? undefined : this.#at(position);
  }

  has(applicationID: string): boolean {
    return this.#positionOf(applicationID) !== undefined;
  }

  *entries(): Generator<[string, Association], undefined, unknown> {
    for (let position = this.#start; position < this.#end; position++) {
      yield [this.#applicationIDAt(position), this.#at(position)];
    }
  }

  /** Whether any association is in a state that matches. Creates none of them. */
  someState(matches: (one: Pick<Association, 'state'>) => boolean): boolean {
    const { listings, listing, item } = this.#index;
    for (let position = this.#start; position < this.#end; position++) {
      if (matches({ state: listings[listing[position] ?? 0]?.stateAt(item[position] ?? 0) })) {
        return true;
      }
    }
    return false;
  }

  override *keys(): Generator<string, undefined, unknown> {
    for (let position = this.#start; position < this.#end; position++) {
      yield this.#applicationIDAt(position);
    }
  }

  get #start(): number {
    return this.#index.starts[this.#row] ?? 0;
  }

  get #end(): number {
    return this.#index.ends[this.#row] ?? 0;
  }

  #positionOf(applicationID: string): number | undefined {
    for (let position = this.#start; position < this.#end; position++) {
      if (this.#applicationIDAt(position) === applicationID) {
        return position;
      }
    }
    return undefined;
  }

  #applicationIDAt(position: number): string {
    return applicationIDAt(this.#index, position);
  }

  #at(position: number): Association {
    const { listings, listing, item } = this.#index;
    return listings[listing[position] ?? 0]?.at(item[position] ?? 0) as Association;
  }
}

/** Whether any association of a WorkSpace is in a state that matches. */
export function someState(
  associations: ReadonlyMap<string, Association> | undefined,
  matches: (one: Pick<Association, 'state'>) => boolean,
): boolean {
  return associations instanceof AssociationsOnWorkspace
    ? associations.someState(matches)
    : [...(associations?.values() ?? [])].some(matches);
}

function applicationIDAt({ listings, listing, item }: Pick<Index, 'listings' | 'listing' | 'item'>, position: number) {
  return listings[listing[position] ?? 0]?.applicationIDAt(item[position] ?? 0) ?? '';
}

/** Returns the associations of listings by WorkSpace. Of several items for the same association, the last one wins. */
export function* associationTable(listings: readonly AssociationColumns[]): Sliced<AssociationTable> {
  const rows = new Map<string, number>();
  const sizes = new IndexList();
  const rowOf = new IndexList();
  for (const listing of listings) {
    for (let item = 0; item < listing.length; item++) {
      if (isYieldDue(item)) {
        yield;
      }
      const workspaceID = listing.workspaceIDAt(item);
      const row = rows.get(workspaceID) ?? rows.size;
      if (row === rows.size) {
        rows.set(workspaceID, row);
        sizes.push(0);
      }
      sizes.increment(row);
      rowOf.push(row);
    }
  }
  return new AssociationTable({ rows, ...(yield* positionsOf(listings, sizes.values(), rowOf.values())) });
}

/**
 * Returns the positions of all associations by row.
 *
 * @param sizes number of items of each row
 * @param rowOf row of each item, in the order of the listings
 */
function* positionsOf(
  listings: readonly AssociationColumns[],
  sizes: Uint32Array,
  rowOf: Uint32Array,
): Sliced<Omit<Index, 'rows'>> {
  const starts = new Uint32Array(sizes.length);
  for (let row = 1; row < sizes.length; row++) {
    starts[row] = (starts[row - 1] ?? 0) + (sizes[row - 1] ?? 0);
  }
  const ends = starts.slice();
  const index = { listings, starts, ends, listing: new Uint32Array(rowOf.length), item: new Uint32Array(rowOf.length) };
  let next = 0;
  for (const [number, listing] of listings.entries()) {
    for (let item = 0; item < listing.length; item++) {
      if (isYieldDue(next)) {
        yield;
      }
      const row = rowOf[next++] ?? 0;
      const position = positionFor(listing.applicationIDAt(item), index, row);
      ends[row] = Math.max(ends[row] ?? 0, position + 1);
      index.listing[position] = number;
      index.item[position] = item;
    }
  }
  return index;
}

/** Returns the position of an application in a row, or the end of the row. */
function positionFor(applicationID: string, index: Omit<Index, 'rows'>, row: number): number {
  const end = index.ends[row] ?? 0;
  for (let position = index.starts[row] ?? 0; position < end; position++) {
    if (applicationIDAt(index, position) === applicationID) {
      return position;
    }
  }
  return end;
}
