import { systemClock } from '../../clock.ts';
import { Inventory } from '../../fleet/inventory.ts';
import type { FleetReader } from '../../fleet/ports.ts';
import { RecordedFleet } from '../../fleet/recordedFleet.ts';
import type { WorkspaceFleet } from '../../policy/workspaceFleet.ts';
import { callsMade, connectToAws } from '../awsFlags.ts';
import { CliError } from '../failure.ts';
import { readInventoryFile } from '../inventory/read.ts';
import { progressOf, withProgress } from '../progress.ts';
import type { SourceFlags } from '../sourceFlags.ts';
import { type Choice, choiceOf } from './choice.ts';
import { versionsFrom } from './objects.ts';
import { PlanWorld } from './world.ts';

/** What to plan with. */
export interface PlanSources {
  readonly world: PlanWorld;
  /** The same WorkSpaces under the policies of `earlierPaths`; undefined without any. */
  readonly earlier: PlanWorld | undefined;
  /** The policies that are meant. */
  readonly isMeant: Choice;
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
  const versions = await versionsFrom(flags, earlierPaths, signal);
  const isMeant = choiceOf(names, flags, versions);
  const inventories = new Map<string, Promise<Inventory>>();
  const opened: Inventory[] = [];
  const recorded = flags.inventory === undefined ? undefined : await fromFile(flags.inventory);
  const inventoryOf = (fleet: WorkspaceFleet) => {
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
    world: new PlanWorld({ ...current, inventoryOf }),
    earlier: earlier && new PlanWorld({ ...earlier, inventoryOf }),
    isMeant,
    inventories: () => opened,
  };
}

async function fromFile(path: string): Promise<Inventory> {
  return new Inventory(new RecordedFleet(await readInventoryFile(path)), systemClock);
}

async function fromAws({ name, access }: WorkspaceFleet, aws: SourceFlags, stop: AbortSignal): Promise<Inventory> {
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
