import type { Inventory } from '../../../inventory/inventory.ts';
import type { QueryPlan } from '../../../inventory/queryPlan.ts';
import { formatDuration } from '../../../policy/duration.ts';

/** Describes how fleets are read and how many calls this takes. `rate`: calls per second. */
export function explanationOf(inventories: readonly Inventory[], rate: number): string {
  return inventories
    .flatMap(({ lastInventory, queries }) => {
      const estimate = lastInventory === undefined ? queries : lastInventory.queries;
      return [
        ...(estimate === undefined ? [] : [estimateIn(estimate, rate)]),
        ...(lastInventory === undefined
          ? ['no calls; the WorkSpaces come from a file']
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
    `estimate: ${calls} calls, ${formatDuration((calls / rate) * 1000)} at ${rate} calls per second`
  );
}
