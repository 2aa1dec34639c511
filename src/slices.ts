import { type Clock, yieldToEventLoop } from './clock.ts';

/**
 * Computation that can pause. It yields between short pieces of work, so that its caller can let others run. It stays pure: what it yields
 * means nothing.
 */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** Number of items after which a loop yields. A yield costs little, but not nothing. */
const ITEMS_PER_YIELD = 64;

/** Whether a loop yields before the item at an index. */
export function isYieldDue(index: number): boolean {
  return index % ITEMS_PER_YIELD === 0;
}

/** Maximum time between two turns of the event loop, in milliseconds, as far as the pieces of work are short. */
const MAX_SLICE_MS = 10;

/** Completes a computation without a pause. */
export function complete<T>(sliced: Sliced<T>): T {
  for (;;) {
    const { done, value } = sliced.next();
    if (done === true) {
      return value;
    }
  }
}

/** Completes a computation, and yields to the event loop after each slice of time. */
export async function completeInSlices<T>(sliced: Sliced<T>, clock: Pick<Clock, 'monotonic' | 'sleep'>): Promise<T> {
  let startedAt = clock.monotonic();
  for (;;) {
    const { done, value } = sliced.next();
    if (done === true) {
      return value;
    }
    if (clock.monotonic() - startedAt >= MAX_SLICE_MS) {
      await yieldToEventLoop(clock);
      startedAt = clock.monotonic();
    }
  }
}

/** Calls a function for each item. Pauses between items. */
export function* eachSliced<T>(items: Iterable<T>, visit: (item: T) => void): Sliced<void> {
  let index = 0;
  for (const item of items) {
    if (isYieldDue(index++)) {
      yield;
    }
    visit(item);
  }
}

/** Returns the results of a function for all items. Pauses between items. */
export function* mapSliced<T, R>(items: Iterable<T>, map: (item: T) => R): Sliced<R[]> {
  const results: R[] = [];
  yield* eachSliced(items, (item) => void results.push(map(item)));
  return results;
}

/** Returns the items that match. Pauses between items. */
export function* filterSliced<T>(items: Iterable<T>, matches: (item: T) => boolean): Sliced<T[]> {
  const results: T[] = [];
  yield* eachSliced(items, (item) => {
    if (matches(item)) {
      results.push(item);
    }
  });
  return results;
}

/** Returns the set of the results of a function for all items. Pauses between items. */
export function* setSliced<T, R>(items: Iterable<T>, map: (item: T) => R): Sliced<Set<R>> {
  const results = new Set<R>();
  yield* eachSliced(items, (item) => void results.add(map(item)));
  return results;
}

/** Whether all items match. Pauses between items. */
export function* everySliced<T>(items: Iterable<T>, matches: (item: T) => boolean): Sliced<boolean> {
  let index = 0;
  for (const item of items) {
    if (isYieldDue(index++)) {
      yield;
    }
    if (!matches(item)) {
      return false;
    }
  }
  return true;
}

/** Like `Map.groupBy`, but pauses between items. */
export function* groupSliced<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Sliced<Map<K, T[]>> {
  const groups = new Map<K, T[]>();
  yield* eachSliced(items, (item) => {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  });
  return groups;
}
