/** Lists of which equal ones are the same array, because thousands of WorkSpaces have the same few lists. */
export class SharedLists<T> {
  readonly empty: readonly T[] = [];
  readonly #longer = new Map<readonly T[], Map<T, readonly T[]>>();

  /** Returns a list with one more item. `list` is empty, or a result of this method. */
  with(list: readonly T[], item: T): readonly T[] {
    const longer = this.#longer.get(list) ?? new Map<T, readonly T[]>();
    this.#longer.set(list, longer);
    const known = longer.get(item) ?? [...list, item];
    longer.set(item, known);
    return known;
  }
}
