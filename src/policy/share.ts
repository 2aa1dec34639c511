/** A number of things, or a percentage of however many there are. */
export type Share = { readonly count: number } | { readonly percent: number };

/** Reads a count (25) or a percentage ("20%"), as Kubernetes' IntOrString; undefined if it is neither, or under 1. */
export function parseShare(value: number | string): Share | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 1 ? { count: value } : undefined;
  }
  const percent = /^(100|[1-9]\d?)%$/.exec(value)?.[1];
  return percent === undefined ? undefined : { percent: Number(percent) };
}

/** How many of `total` a share comes to. Percentages round down, and are at least 1. */
export function shareOf(share: Share, total: number): number {
  return 'count' in share ? share.count : Math.max(1, Math.floor((total * share.percent) / 100));
}

/** As a manifest writes it. */
export function formatShare(share: Share): string {
  return 'count' in share ? String(share.count) : `${share.percent}%`;
}
