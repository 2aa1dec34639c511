import type { Listed } from '../fleet/ports.ts';
import { MalformedResponseError } from './response.ts';

type Item = Readonly<Record<string, unknown>>;

/** How to map the items of a listing. */
interface ItemMapping<T> {
  /** Maps one item. Returns an empty list for an item that the listing ignores. Throws a MalformedResponseError. */
  readonly map: (item: Item) => readonly T[];
  /** Members that identify the resource. */
  readonly ids: readonly string[];
  /** Members that can't be trusted if another member can't. */
  readonly dependent?: readonly string[];
}

/**
 * Maps the items of a page. An item with a value that can't be trusted lacks this value, and names it in `untrusted`. An item without a
 * usable ID is described in `unidentified`.
 *
 * @throws MalformedResponseError if there are several items and none has a usable ID, because then the whole page can't be trusted
 */
export function mapItems<T extends object>(items: readonly Item[], mapping: ItemMapping<T>): Listed<T> {
  const mapped: T[] = [];
  const unidentified: string[] = [];
  let failure: MalformedResponseError | undefined;
  let isAnyIdentified = false;
  for (const item of items) {
    const result = mapItem(item, mapping);
    if (result instanceof MalformedResponseError) {
      unidentified.push(result.message);
      failure ??= result;
    } else {
      isAnyIdentified = true;
      mapped.push(...result);
    }
  }
  if (failure !== undefined && !isAnyIdentified && items.length > 1) {
    throw failure;
  }
  return listed(mapped, unidentified);
}

/** Returns the items of several lists as one list. */
export function joined<T>(lists: readonly Listed<T>[]): Listed<T> {
  return listed(
    lists.flat(),
    lists.flatMap(({ unidentified = [] }) => unidentified),
  );
}

/** Returns a list with a description of the items without a usable ID. */
export function listed<T>(items: T[], unidentified: readonly string[] = []): Listed<T> {
  return unidentified.length === 0 ? items : Object.assign(items, { unidentified });
}

function mapItem<T extends object>(
  item: Item,
  { map, ids, dependent = [] }: ItemMapping<T>,
): readonly T[] | MalformedResponseError {
  const failure = failureOf(() => map(item));
  if (failure === undefined) {
    return map(item);
  }
  const identity = only(item, (name) => ids.includes(name));
  const trusted = only(
    item,
    (name) =>
      ids.includes(name) ||
      (!dependent.includes(name) && failureOf(() => map({ ...identity, [name]: item[name] })) === undefined),
  );
  return failureOf(() => map(trusted)) ?? map(trusted).map((one) => ({ ...one, untrusted: failure.message }));
}

function only(item: Item, isIncluded: (name: string) => boolean): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => isIncluded(name)));
}

function failureOf(map: () => unknown): MalformedResponseError | undefined {
  try {
    map();
    return undefined;
  } catch (error) {
    if (error instanceof MalformedResponseError) {
      return error;
    }
    throw error;
  }
}
