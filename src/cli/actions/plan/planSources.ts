import { systemClock } from '../../../clock.ts';
import type { FleetReader } from '../../../fleet/ports.ts';
import { BundleCache, type BundleSource } from '../../../inventory/bundleCache.ts';
import { Inventory } from '../../../inventory/inventory.ts';
import { InventoryFileBundles } from '../../../inventory/inventoryFileBundles.ts';
import { InventoryFileFleet } from '../../../inventory/inventoryFileFleet.ts';
import type { FleetConfig } from '../../../policy/workspaceFleet.ts';
import type { SourceFlags } from '../../commands/flags.ts';
import { CliError } from '../../exit.ts';
import { progressOf, withProgress } from '../../output/terminal.ts';
import { connectToAws, countCalls } from '../connectToAws.ts';
import { readInventoryFile } from '../inventory/read.ts';
import { OfflinePlanner } from './offlinePlanner.ts';
import { loadPlanInputs } from './planInputs.ts';
import { type PolicyFilter, policyFilter } from './policyFilter.ts';

/** Planners and the policies to plan. */
export interface PlanSources {
  readonly planner: OfflinePlanner;
  /** Planner for the same WorkSpaces with the policies of `earlierPaths`. Undefined without these paths. */
  readonly earlier: OfflinePlanner | undefined;
  readonly isSelected: PolicyFilter;
  /** Returns the inventories that planners have read. */
  readonly inventories: () => readonly Inventory[];
}

/**
 * Returns planners with policies from files or the cluster and WorkSpaces from a file or AWS. `names`: names of the selected policies;
 * empty: all. `earlierPaths`: files with another version of the policies.
 *
 * @throws CliError if the sources can't be read, or if they don't contain the selected policies
 */
export async function openSources(
  names: readonly string[],
  flags: SourceFlags,
  signal: AbortSignal,
  earlierPaths?: readonly string[],
): Promise<PlanSources> {
  const inputs = await loadPlanInputs(flags, earlierPaths, signal);
  const isSelected = policyFilter(names, flags, inputs);
  const inventories = new Map<string, Promise<Inventory>>();
  const bundles: BundlesByInventory = new Map();
  const bundlesIn = (inventory: Inventory) => bundles.get(inventory);
  const opened: Inventory[] = [];
  const fromFile = flags.inventory === undefined ? undefined : await openFile(flags.inventory, bundles);
  const inventoryOf = (fleet: FleetConfig) => {
    const key = fromFile === undefined ? (fleet.name ?? '') : '';
    const known = inventories.get(key) ?? fromFile ?? connect(fleet, flags, signal, bundles);
    const opening = Promise.resolve(known).then((inventory) => {
      opened.push(...(opened.includes(inventory) ? [] : [inventory]));
      return inventory;
    });
    inventories.set(key, opening);
    return opening;
  };
  const { current, earlier } = inputs;
  return {
    planner: new OfflinePlanner({ ...current, inventoryOf, bundlesIn }),
    earlier: earlier && new OfflinePlanner({ ...earlier, inventoryOf, bundlesIn }),
    isSelected,
    inventories: () => opened,
  };
}

type BundlesByInventory = Map<Inventory, BundleSource>;

async function openFile(path: string, bundles: BundlesByInventory): Promise<Inventory> {
  const file = await readInventoryFile(path);
  const inventory = new Inventory(new InventoryFileFleet(file), systemClock);
  bundles.set(inventory, new InventoryFileBundles(file));
  return inventory;
}

async function connect(
  { name, access }: FleetConfig,
  flags: SourceFlags,
  signal: AbortSignal,
  bundles: BundlesByInventory,
): Promise<Inventory> {
  const { fleet, identity } = await connectToAws(
    {
      ...flags,
      ...(access.region !== undefined && { region: access.region }),
      ...(access.roleARN !== undefined && { roleArn: access.roleARN }),
      ...(access.externalID !== undefined && { externalId: access.externalID }),
    },
    signal,
  );
  const { expectedAccountID = identity.accountID } = access;
  if (expectedAccountID !== identity.accountID) {
    throw new CliError(
      `WorkspaceFleet ${name} expects account ${expectedAccountID}, but the AWS credentials belong to account ${identity.accountID} (${identity.arn})`,
    );
  }
  const line = () =>
    `reading WorkSpaces of account ${identity.accountID} in ${identity.region}: ${progressOf(countCalls(fleet), inventory.queries?.calls)}`;
  const inventory: Inventory = new Inventory(withProgressLine(fleet, line), systemClock, {
    callsSoFar: () => fleet.calls(),
  });
  bundles.set(inventory, new BundleCache(fleet.bundlesWith('inventory'), systemClock));
  return inventory;
}

/** Returns a reader that shows a progress line during each read. */
function withProgressLine(fleet: FleetReader, line: () => string): FleetReader {
  return new Proxy(fleet, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function'
        ? (...args: unknown[]) => withProgress(line, () => Reflect.apply(member, target, args))
        : member;
    },
  });
}
