import { type GlobList, matchesAnyGlob } from '../policy/globList.ts';

/** Number of patterns from which results are remembered. Fewer are matched faster than they are found. */
const MIN_REMEMBERED = 4;
/** Number of user names after which all results are dropped, so that names that no longer exist take no memory. */
const MAX_USER_NAMES = 250_000;

/** Results for the user names by their number: one bit for each name. */
interface Results {
  known: Uint32Array;
  matched: Uint32Array;
}

/** Numbers of the user names. A bit for each name and list takes little memory; a set of names would take much. */
let numbers = new Map<string, number>();
let results = new WeakMap<GlobList, Results>();

/**
 * Whether a user name matches one of the patterns. Remembers the results for lists with patterns that can't be looked up, because names and
 * patterns are the same at each evaluation.
 */
export function matchesUserName(list: GlobList, userName: string): boolean {
  return list.others.length < MIN_REMEMBERED ? matchesAnyGlob(list, userName) : rememberedMatch(list, userName);
}

function rememberedMatch(list: GlobList, userName: string): boolean {
  const number = numberOf(userName);
  const index = number >>> 5;
  const bit = 1 << (number & 31);
  const known = resultsOf(list, index);
  if (((known.known[index] ?? 0) & bit) === 0) {
    known.known[index] = (known.known[index] ?? 0) | bit;
    known.matched[index] = (known.matched[index] ?? 0) | (matchesAnyGlob(list, userName) ? bit : 0);
  }
  return ((known.matched[index] ?? 0) & bit) !== 0;
}

function numberOf(userName: string): number {
  const known = numbers.get(userName);
  if (known !== undefined) {
    return known;
  }
  if (numbers.size >= MAX_USER_NAMES) {
    numbers = new Map();
    results = new WeakMap();
  }
  numbers.set(userName, numbers.size);
  return numbers.size - 1;
}

/** Returns the results of a list, with space for the word at an index. */
function resultsOf(list: GlobList, index: number): Results {
  const known = results.get(list) ?? { known: new Uint32Array(0), matched: new Uint32Array(0) };
  if (index >= known.known.length) {
    known.known = extended(known.known, index);
    known.matched = extended(known.matched, index);
    results.set(list, known);
  }
  return known;
}

function extended(words: Uint32Array, index: number): Uint32Array {
  const longer = new Uint32Array(Math.max(64, 2 * index));
  longer.set(words);
  return longer;
}
