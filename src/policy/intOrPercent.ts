/** A count or a percentage of a total. */
export type IntOrPercent = { readonly count: number } | { readonly percent: number };

/** Parses a count (25) or a percentage ("20%"), like Kubernetes' IntOrString. Returns undefined if the value is invalid or less than 1. */
export function parseIntOrPercent(value: number | string): IntOrPercent | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 1 ? { count: value } : undefined;
  }
  const percent = /^(100|[1-9]\d?)%$/.exec(value)?.[1];
  return percent === undefined ? undefined : { percent: Number(percent) };
}

/** Returns the count that a value means for `total`. Percentages are rounded down, with a minimum of 1. */
export function resolveIntOrPercent(value: IntOrPercent, total: number): number {
  return 'count' in value ? value.count : Math.max(1, Math.floor((total * value.percent) / 100));
}

/** Formats a value as in a manifest. */
export function formatIntOrPercent(value: IntOrPercent): string {
  return 'count' in value ? String(value.count) : `${value.percent}%`;
}
