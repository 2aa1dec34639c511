import { PAGE_SIZE } from '../fleet/ports.ts';
import { MalformedResponseError } from './malformedResponse.ts';
import { nextTokenOf } from './mapping.ts';

/** 250 000 items; a listing that is longer isn't a fleet but an endpoint gone wrong. */
const MAX_PAGES = 10_000;

/** Guards a listing against page tokens that would never let it end. */
export class PageTokens {
  readonly #seen = new Set<string>();

  /** The token of the next page; undefined after the last. Throws a MalformedResponseError for one that came before. */
  after(answer: unknown): string | undefined {
    const token = nextTokenOf(answer);
    if (token === undefined) {
      return undefined;
    }
    if (this.#seen.has(token)) {
      throw new MalformedResponseError('its page token came before, so the listing would never end');
    }
    if (this.#seen.size >= MAX_PAGES) {
      throw new MalformedResponseError(`the listing didn't end after ${MAX_PAGES} pages`);
    }
    this.#seen.add(token);
    return token;
  }
}

/** Ids in groups that one request takes, each id once. */
export function chunks(ids: readonly string[]): string[][] {
  const distinct = [...new Set(ids)];
  return Array.from({ length: Math.ceil(distinct.length / PAGE_SIZE) }, (_, n) =>
    distinct.slice(n * PAGE_SIZE, (n + 1) * PAGE_SIZE),
  );
}

/**
 * Items by their key, in the order of their first appearance. What a listing holds may move between pages while they are read, so one
 * item can come twice; the later reading wins, unless it is `stale`.
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
