/** Compares strings by code unit, for `sort`: the order depends on no locale. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Returns a comparator for `sort` that orders items by the string that `keyOf` returns. */
export function compareBy<T>(keyOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => compareStrings(keyOf(a), keyOf(b));
}

/** Returns the smallest of some numbers. Infinity if there are none. Unlike `Math.min`, without a limit for the number of arguments. */
export function minimum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
