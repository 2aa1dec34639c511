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

/** Returns the results of a function for all items. Pauses between items. */
export function* mapSliced<T, R>(items: Iterable<T>, map: (item: T) => R): Sliced<R[]> {
  const results: R[] = [];
  let index = 0;
  for (const item of items) {
    if (isYieldDue(index++)) {
      yield;
    }
    results.push(map(item));
  }
  return results;
}

/** Returns the items that match. Pauses between items. */
export function* filterSliced<T>(items: Iterable<T>, matches: (item: T) => boolean): Sliced<T[]> {
  const results: T[] = [];
  let index = 0;
  for (const item of items) {
    if (isYieldDue(index++)) {
      yield;
    }
    if (matches(item)) {
      results.push(item);
    }
  }
  return results;
}
