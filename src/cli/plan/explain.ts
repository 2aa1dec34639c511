import type { Inventory } from '../../fleet/inventory.ts';
import { formatDuration } from '../../policy/duration.ts';

/** How fleets were read, in sentences. `rate`: calls a second. */
export function explanationOf(inventories: readonly Inventory[], rate: number): string {
  return inventories
    .flatMap(({ lastPass }) => {
      if (lastPass === undefined) {
        return [];
      }
      const { queries, calls, duration } = lastPass;
      const total = calls.reduce((sum, { count }) => sum + count, 0);
      const byOperation = calls.map(({ operation, result, count }) =>
        result === 'Success' ? `  ${operation} ${count}` : `  ${operation} ${count} (${result})`,
      );
      const chosen =
        queries === undefined
          ? []
          : [
              `WorkSpaces: ${queries.workspaces}; associations: ${queries.associations}; ` +
                `expected ${queries.calls} calls, ${formatDuration((queries.calls / rate) * 1000)} at ${rate} a second`,
            ];
      return [...chosen, `${total} calls in ${formatDuration(duration)}:`, ...byOperation];
    })
    .map((line) => `${line}\n`)
    .join('');
}
