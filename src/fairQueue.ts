/**
 * Queue that serves its flows in turn: one item of each flow, first come, first served within a flow. So a flow with one item never waits
 * for all items of another flow. The API server queues requests by flow in the same way (API Priority and Fairness).
 */
export class FairQueue<Item> {
  /** Items of each flow that has any, in the order in which the flows are served. */
  readonly #flows = new Map<string, Item[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the first item of each flow. */
  heads(): Item[] {
    return [...this.#flows.values()].flatMap((items) => items.slice(0, 1));
  }

  /** Returns the flow with the most items, and their number. Undefined if the queue is empty. */
  longest(): { readonly flow: string; readonly length: number } | undefined {
    return [...this.#flows]
      .map(([flow, { length }]) => ({ flow, length }))
      .reduce<{ flow: string; length: number } | undefined>(
        (longest, one) => (longest === undefined || one.length > longest.length ? one : longest),
        undefined,
      );
  }

  push(flow: string, item: Item): void {
    this.#itemsOf(flow).push(item);
    this.#length++;
  }

  /** Adds an item before the other items of its flow. */
  unshift(flow: string, item: Item): void {
    this.#itemsOf(flow).unshift(item);
    this.#length++;
  }

  /** Removes and returns the next item, or the first acceptable item at the head of a flow. Undefined if there is none. */
  shift(isAcceptable: (item: Item) => boolean = () => true): Item | undefined {
    for (const [flow, items] of this.#flows) {
      const [item] = items;
      if (item !== undefined && isAcceptable(item)) {
        items.shift();
        this.#length--;
        // The flow is served again after the others.
        this.#flows.delete(flow);
        if (items.length > 0) {
          this.#flows.set(flow, items);
        }
        return item;
      }
    }
    return undefined;
  }

  /** Removes and returns the last item of a flow. */
  pop(flow: string): Item | undefined {
    const item = this.#flows.get(flow)?.at(-1);
    if (item !== undefined) {
      this.remove(flow, item);
    }
    return item;
  }

  /** Removes all items. */
  clear(): void {
    this.#flows.clear();
    this.#length = 0;
  }

  /** Removes an item of a flow, if the flow has it. */
  remove(flow: string, item: Item): void {
    const items = this.#flows.get(flow) ?? [];
    const index = items.lastIndexOf(item);
    if (index < 0) {
      return;
    }
    items.splice(index, 1);
    this.#length--;
    if (items.length === 0) {
      this.#flows.delete(flow);
    }
  }

  #itemsOf(flow: string): Item[] {
    const items = this.#flows.get(flow) ?? [];
    this.#flows.set(flow, items);
    return items;
  }
}
