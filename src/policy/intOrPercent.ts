/** A number of things, or a percentage of however many there are. */
export type IntOrPercent = { readonly count: number } | { readonly percent: number };

/** Reads a count (25) or a percentage ("20%"), as Kubernetes' IntOrString; undefined if it is neither, or under 1. */
export function parseIntOrPercent(value: number | string): IntOrPercent | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 1 ? { count: value } : undefined;
  }
  const percent = /^(100|[1-9]\d?)%$/.exec(value)?.[1];
  return percent === undefined ? undefined : { percent: Number(percent) };
}

/** How many of `total` a share comes to. Percentages round down, and are at least 1. */
export function resolveIntOrPercent(value: IntOrPercent, total: number): number {
  return 'count' in value ? value.count : Math.max(1, Math.floor((total * value.percent) / 100));
}

/** As a manifest writes it. */
export function formatIntOrPercent(value: IntOrPercent): string {
  return 'count' in value ? String(value.count) : `${value.percent}%`;
}
