import { isYieldDue, type Sliced } from './slices.ts';

/** Read-only list. An array is one, and so is a list that creates its items when they are read. */
export interface Sequence<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  entries(): Iterable<[number, T]>;
  every(matches: (item: T) => boolean): boolean;
  filter(matches: (item: T) => boolean): T[];
  find(matches: (item: T) => boolean): T | undefined;
  flatMap<R>(map: (item: T) => R | readonly R[]): R[];
  map<R>(map: (item: T) => R): R[];
  slice(start?: number, end?: number): T[];
  some(matches: (item: T) => boolean): boolean;
}

/** List that creates its items when they are read, because all items of a large fleet at once would take too much memory. */
export class LazySequence<T> implements Sequence<T> {
  readonly length: number;
  readonly #itemAt: (index: number) => T;

  /** @param itemAt returns an equal item each time it is called for an index */
  constructor(length: number, itemAt: (index: number) => T) {
    this.length = length;
    this.#itemAt = itemAt;
  }

  at(index: number): T | undefined {
    const position = index < 0 ? index + this.length : index;
    return position >= 0 && position < this.length ? this.#itemAt(position) : undefined;
  }

  *[Symbol.iterator](): Generator<T, undefined, undefined> {
    for (let index = 0; index < this.length; index++) {
      yield this.#itemAt(index);
    }
  }

  *entries(): Generator<[number, T], undefined, undefined> {
    for (let index = 0; index < this.length; index++) {
      yield [index, this.#itemAt(index)];
    }
  }

  every(matches: (item: T) => boolean): boolean {
    return !this.some((item) => !matches(item));
  }

  filter(matches: (item: T) => boolean): T[] {
    return this.flatMap((item) => (matches(item) ? [item] : []));
  }

  find(matches: (item: T) => boolean): T | undefined {
    for (let index = 0; index < this.length; index++) {
      const item = this.#itemAt(index);
      if (matches(item)) {
        return item;
      }
    }
    return undefined;
  }

  flatMap<R>(map: (item: T) => R | readonly R[]): R[] {
    const results: R[] = [];
    for (let index = 0; index < this.length; index++) {
      const result = map(this.#itemAt(index));
      if (Array.isArray(result)) {
        results.push(...(result as readonly R[]));
      } else {
        results.push(result as R);
      }
    }
    return results;
  }

  map<R>(map: (item: T) => R): R[] {
    return Array.from({ length: this.length }, (_, index) => map(this.#itemAt(index)));
  }

  slice(start = 0, end = this.length): T[] {
    const from = Math.max(0, start < 0 ? start + this.length : start);
    const to = Math.min(this.length, end < 0 ? end + this.length : end);
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.#itemAt(from + index));
  }

  some(matches: (item: T) => boolean): boolean {
    for (let index = 0; index < this.length; index++) {
      if (matches(this.#itemAt(index))) {
        return true;
      }
    }
    return false;
  }
}

/** Some items of another list, by their indices. */
class Selection<T> extends LazySequence<T> {
  readonly base: Sequence<T>;
  readonly indices: Uint32Array;

  constructor(base: Sequence<T>, indices: Uint32Array) {
    super(indices.length, (index) => base.at(indices[index] ?? 0) as T);
    this.base = base;
    this.indices = indices;
  }
}

/** Several lists, one after the other. */
class Concatenation<T> extends LazySequence<T> {
  readonly parts: readonly Sequence<T>[];

  constructor(parts: readonly Sequence<T>[]) {
    super(
      parts.reduce((sum, { length }) => sum + length, 0),
      (index) => {
        let position = index;
        for (const part of parts) {
          if (position < part.length) {
            return part.at(position) as T;
          }
          position -= part.length;
        }
        throw new RangeError(`the index ${index} exceeds the list`);
      },
    );
    this.parts = parts;
  }
}

/** Returns a list with the items at the given indices of another list. */
export function selection<T>(items: Sequence<T>, indices: Uint32Array): Sequence<T> {
  return items instanceof Selection
    ? new Selection<T>(
        items.base,
        indices.map((index) => items.indices[index] ?? 0),
      )
    : new Selection(items, indices);
}

/** Returns a list of the results of a function, which is called each time an item is read. */
export function mapped<T, R>(items: Sequence<T>, map: (item: T) => R): Sequence<R> {
  return new LazySequence(items.length, (index) => map(items.at(index) as T));
}

/** Returns the items of several lists as one list, without a copy. */
export function concatenated<T>(...lists: readonly Sequence<T>[]): Sequence<T> {
  const parts = lists
    .flatMap((list) => (list instanceof Concatenation ? (list.parts as readonly Sequence<T>[]) : [list]))
    .filter(({ length }) => length > 0);
  const [first = [], ...others] = parts;
  return others.length === 0 ? first : new Concatenation(parts);
}

/** Like `filterSliced`, but the result refers to the list instead of copying its items. */
export function* pickSliced<T>(items: Sequence<T>, matches: (item: T) => boolean): Sliced<Sequence<T>> {
  const indices = new IndexList();
  for (let index = 0; index < items.length; index++) {
    if (isYieldDue(index)) {
      yield;
    }
    if (matches(items.at(index) as T)) {
      indices.push(index);
    }
  }
  return indices.length === items.length ? items : selection(items, indices.values());
}

const INITIAL_CAPACITY = 16;

/** List of integers from 0 to 2³² - 1 that grows, with four bytes for each. */
export class IndexList {
  #values = new Uint32Array(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Adds one to the value at an index. */
  increment(index: number): void {
    this.#values[index] = (this.#values[index] ?? 0) + 1;
  }

  /** Returns the values that were added so far. */
  values(): Uint32Array {
    return this.#values.slice(0, this.#length);
  }
}
