import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { BundleCache } from '../../../inventory/bundleCache.ts';
import { gapMessages } from '../../../inventory/gaps.ts';
import { Inventory } from '../../../inventory/inventory.ts';
import { inventoryOf, redacted } from '../../../inventory/inventoryFile.ts';
import { EVERYTHING } from '../../../inventory/readRequirements.ts';
import { sanitize } from '../../../sanitize.ts';
import type { AwsFlags } from '../../commands/flags.ts';
import { CliError, stopSignal } from '../../exit.ts';
import { toJson, toYaml } from '../../output/safeOutput.ts';
import { progressOf, withProgress } from '../../output/terminal.ts';
import { connectToAws, countCalls } from '../connectToAws.ts';

/** Flags of `wsap inventory`. */
export interface InventoryFlags extends AwsFlags {
  readonly output: 'yaml' | 'json';
  readonly outputFile?: string;
  readonly redact: boolean;
}

/** Maximum age of the data in milliseconds. 1 forces a fresh read of everything. */
const MAX_AGE_MS = 1;

/**
 * Reads a fleet and writes it as an inventory file.
 *
 * @throws CliError if the fleet can't be read completely or the file can't be written
 */
export async function writeInventory({ output, outputFile, redact, ...aws }: InventoryFlags): Promise<void> {
  const { fleet, identity } = await connectToAws(aws, stopSignal());
  const inventory = new Inventory(fleet, systemClock);
  const takenAt = systemClock.now().toISOString();
  const snapshot = await withProgress(
    () =>
      `reading WorkSpaces of account ${identity.accountID} in ${identity.region}: ${progressOf(countCalls(fleet), inventory.queries?.calls)}`,
    () => inventory.read(EVERYTHING, MAX_AGE_MS),
  );
  const [failure] = snapshot.failures;
  if (failure !== undefined) {
    throw new CliError(`the inventory is incomplete, so no file was written: ${failure.message}`);
  }
  const [gap] = gapMessages(snapshot);
  if (gap !== undefined) {
    throw new CliError(`the inventory is incomplete, so no file was written: ${sanitize(gap, 700)}`);
  }
  const { accountID, region } = identity;
  const bundles = new BundleCache(fleet.bundlesWith('inventory'), systemClock);
  const bundleIDs = [...new Set([...snapshot.workspaces.values()].flatMap(({ bundleID }) => bundleID ?? []))].sort();
  await bundles.request(bundleIDs);
  if (bundles.failure !== undefined) {
    process.stderr.write(
      `the file omits bundles, so that it shows no sources of drift: ${sanitize(bundles.failure.message, 700)}\n`,
    );
  }
  const contents = bundleIDs.flatMap((bundleID) => bundles.contentsOf(bundleID) ?? []);
  const file = inventoryOf(
    snapshot,
    { accountID, region, takenAt },
    bundles.failure === undefined ? contents : undefined,
  );
  const document = redact ? redacted(file) : file;
  const text = output === 'json' ? toJson(document) : toYaml(document);
  if (outputFile === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(outputFile, text).catch((error: Error) => {
    throw new CliError(`cannot write ${sanitize(outputFile)}: ${sanitize(error.message)}`);
  });
  process.stderr.write(
    `saved ${snapshot.workspaces.size} WorkSpaces and ${snapshot.applications.size} applications (${countCalls(fleet)} calls)\n`,
  );
}
