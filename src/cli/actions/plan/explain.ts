import type { Inventory } from '../../../inventory/inventory.ts';
import type { QueryPlan } from '../../../inventory/queryPlan.ts';
import { formatDuration } from '../../../policy/duration.ts';

/** How fleets were read, or would be, in sentences. `rate`: calls a second. */
export function explanationOf(inventories: readonly Inventory[], rate: number): string {
  return inventories
    .flatMap(({ lastInventory, queries }) => {
      const estimate = lastInventory === undefined ? queries : lastInventory.queries;
      return [
        ...(estimate === undefined ? [] : [estimateIn(estimate, rate)]),
        ...(lastInventory === undefined
          ? ['no calls: the WorkSpaces are those of a file']
          : [
              `${lastInventory.calls.reduce((sum, { count }) => sum + count, 0)} calls in ${formatDuration(lastInventory.duration)}:`,
              ...lastInventory.calls.map(({ operation, result, count }) =>
                result === 'Success' ? `  ${operation} ${count}` : `  ${operation} ${count} (${result})`,
              ),
            ]),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function estimateIn({ workspaces, associations, calls }: QueryPlan, rate: number): string {
  return (
    `WorkSpaces: ${workspaces}; associations: ${associations}; ` +
    `expected ${calls} calls, ${formatDuration((calls / rate) * 1000)} at ${rate} a second`
  );
}
