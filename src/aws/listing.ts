import { PAGE_SIZE } from '../fleet/ports.ts';
import { MalformedResponseError, nextTokenOf } from './response.ts';

/** Maximum number of pages in a listing. A listing with more than 250,000 items indicates a faulty endpoint. */
const MAX_PAGES = 10_000;

/** Detects page tokens that would never let a listing end. */
export class PageTokens {
  readonly #seen = new Set<string>();

  /**
   * Returns the token of the next page, or undefined after the last page. Throws a MalformedResponseError for a
   * repeated token.
   */
  after(response: unknown): string | undefined {
    const token = nextTokenOf(response);
    if (token === undefined) {
      return undefined;
    }
    if (this.#seen.has(token)) {
      throw new MalformedResponseError('its page token repeats, so the listing would never end');
    }
    if (this.#seen.size >= MAX_PAGES) {
      throw new MalformedResponseError(`the listing didn't end after ${MAX_PAGES} pages`);
    }
    this.#seen.add(token);
    return token;
  }
}

/** Splits IDs into groups for one request each. Duplicates are removed. */
export function chunks(ids: readonly string[], size = PAGE_SIZE): string[][] {
  const distinct = [...new Set(ids)];
  return Array.from({ length: Math.ceil(distinct.length / size) }, (_, n) => distinct.slice(n * size, (n + 1) * size));
}

/**
 * Returns the items without duplicates, in the order of their first appearance. Items can move between pages while a
 * listing is read, so one item can appear twice. The later one wins unless it is `stale`.
 */
export function unique<T>(
  items: readonly T[],
  key: (item: T) => string,
  stale: (item: T) => boolean = () => false,
): T[] {
  const byKey = new Map<string, T>();
  for (const item of items) {
    if (!byKey.has(key(item)) || !stale(item)) {
      byKey.set(key(item), item);
    }
  }
  return [...byKey.values()];
}
