/** Read-only map that finds its entries when they are read. */
export abstract class LazyMap<K, V> implements ReadonlyMap<K, V> {
  abstract get size(): number;
  abstract get(key: K): V | undefined;
  abstract has(key: K): boolean;
  abstract entries(): Generator<[K, V], undefined, unknown>;

  *keys(): Generator<K, undefined, unknown> {
    for (const [key] of this.entries()) {
      yield key;
    }
  }

  *values(): Generator<V, undefined, unknown> {
    for (const [, value] of this.entries()) {
      yield value;
    }
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) {
      visit(value, key, this);
    }
  }

  [Symbol.iterator](): Generator<[K, V], undefined, unknown> {
    return this.entries();
  }
}

/** A map with some entries replaced or added, without a copy of the others. */
export class UpdatedMap<K, V> extends LazyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  readonly #updates: ReadonlyMap<K, V>;
  readonly size: number;

  constructor(base: ReadonlyMap<K, V>, updates: ReadonlyMap<K, V>) {
    super();
    this.#base = base;
    this.#updates = updates;
    this.size = [...updates.keys()].reduce((size, key) => size + (base.has(key) ? 0 : 1), base.size);
  }

  get(key: K): V | undefined {
    return this.#updates.has(key) ? this.#updates.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#updates.has(key) || this.#base.has(key);
  }

  *entries(): Generator<[K, V], undefined, unknown> {
    for (const [key, value] of this.#base) {
      yield [key, this.#updates.has(key) ? (this.#updates.get(key) as V) : value];
    }
    for (const [key, value] of this.#updates) {
      if (!this.#base.has(key)) {
        yield [key, value];
      }
    }
  }
}
