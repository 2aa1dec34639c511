import { systemClock } from '../../../clock.ts';
import type { FleetReader } from '../../../fleet/ports.ts';
import { Inventory } from '../../../inventory/inventory.ts';
import { InventoryFileFleet } from '../../../inventory/inventoryFileFleet.ts';
import type { FleetConfig } from '../../../policy/workspaceFleet.ts';
import { callsMade, connectToAws } from '../../commands/awsFlags.ts';
import type { SourceFlags } from '../../commands/sourceFlags.ts';
import { CliError } from '../../output/cliError.ts';
import { progressOf, withProgress } from '../../output/progress.ts';
import { readInventoryFile } from '../inventory/read.ts';
import { OfflinePlanner } from './offlinePlanner.ts';
import { loadPlanInputs } from './planInputs.ts';
import { type PolicyFilter, policyFilter } from './policyFilter.ts';

/** What to plan with. */
export interface PlanSources {
  readonly planner: OfflinePlanner;
  /** The same WorkSpaces under the policies of `earlierPaths`; undefined without any. */
  readonly earlier: OfflinePlanner | undefined;
  /** The policies that are meant. */
  readonly isMeant: PolicyFilter;
  /** The fleets that were read so far. */
  readonly inventories: () => readonly Inventory[];
}

/**
 * What to plan with: policies from files or the cluster, WorkSpaces from a file or from AWS. `names`: of the policies that are meant; none:
 * all. `earlierPaths`: files with other versions of the policies.
 *
 * @throws CliError
 */
export async function sourcesFrom(
  names: readonly string[],
  flags: SourceFlags,
  signal: AbortSignal,
  earlierPaths?: readonly string[],
): Promise<PlanSources> {
  const versions = await loadPlanInputs(flags, earlierPaths, signal);
  const isMeant = policyFilter(names, flags, versions);
  const inventories = new Map<string, Promise<Inventory>>();
  const opened: Inventory[] = [];
  const recorded = flags.inventory === undefined ? undefined : await fromFile(flags.inventory);
  const inventoryOf = (fleet: FleetConfig) => {
    const key = recorded === undefined ? (fleet.name ?? '') : '';
    const known = inventories.get(key) ?? (recorded === undefined ? fromAws(fleet, flags, signal) : recorded);
    const opening = Promise.resolve(known).then((inventory) => {
      opened.push(...(opened.includes(inventory) ? [] : [inventory]));
      return inventory;
    });
    inventories.set(key, opening);
    return opening;
  };
  const { current, earlier } = versions;
  return {
    planner: new OfflinePlanner({ ...current, inventoryOf }),
    earlier: earlier && new OfflinePlanner({ ...earlier, inventoryOf }),
    isMeant,
    inventories: () => opened,
  };
}

async function fromFile(path: string): Promise<Inventory> {
  return new Inventory(new InventoryFileFleet(await readInventoryFile(path)), systemClock);
}

async function fromAws({ name, access }: FleetConfig, aws: SourceFlags, stop: AbortSignal): Promise<Inventory> {
  const { fleet, identity } = await connectToAws(
    {
      ...aws,
      ...(access.region !== undefined && { region: access.region }),
      ...(access.roleARN !== undefined && { roleArn: access.roleARN }),
      ...(access.externalID !== undefined && { externalId: access.externalID }),
    },
    stop,
  );
  const { expectedAccountID = identity.accountID } = access;
  if (expectedAccountID !== identity.accountID) {
    throw new CliError(
      `the WorkspaceFleet ${name} expects the account ${expectedAccountID}, and AWS says that this is ${identity.accountID} (${identity.arn})`,
    );
  }
  const line = () =>
    `reading the WorkSpaces of ${identity.accountID} in ${identity.region}: ${progressOf(callsMade(fleet), inventory.queries?.calls)}`;
  const inventory: Inventory = new Inventory(showing(fleet, line), systemClock, () => fleet.calls());
  return inventory;
}

/** A reader that tells of its calls while they take long. */
function showing(fleet: FleetReader, line: () => string): FleetReader {
  return new Proxy(fleet, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function'
        ? (...args: unknown[]) => withProgress(line, () => Reflect.apply(member, target, args))
        : member;
    },
  });
}
