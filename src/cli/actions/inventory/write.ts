import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { Inventory } from '../../../inventory/inventory.ts';
import { inventoryOf, redacted } from '../../../inventory/inventoryFile.ts';
import { EVERYTHING } from '../../../inventory/readRequirements.ts';
import { type AwsFlags, callsMade, connectToAws } from '../../commands/awsFlags.ts';
import { CliError } from '../../output/cliError.ts';
import { progressOf, withProgress } from '../../output/progress.ts';
import { toJson, toYaml } from '../../output/safeOutput.ts';
import { stopSignal } from '../signals.ts';

/** What to read, and where to write it. */
export interface InventoryFlags extends AwsFlags {
  readonly output: 'yaml' | 'json';
  readonly outputFile?: string;
  readonly redact: boolean;
}

/** What was read is as old as this at most; everything is read anew. */
const ANEW = 1;

/** Reads a whole fleet, and writes it. */
export async function writeInventory({ output, outputFile, redact, ...aws }: InventoryFlags): Promise<void> {
  const { fleet, identity } = await connectToAws(aws, stopSignal());
  const inventory = new Inventory(fleet, systemClock);
  const takenAt = systemClock.now().toISOString();
  const snapshot = await withProgress(
    () =>
      `reading the WorkSpaces of ${identity.accountID} in ${identity.region}: ${progressOf(callsMade(fleet), inventory.queries?.calls)}`,
    () => inventory.read(EVERYTHING, ANEW),
  );
  const [failure] = snapshot.failures;
  if (failure !== undefined) {
    throw new CliError(`nothing was written, since the fleet couldn't be read whole: ${failure.message}`);
  }
  const { accountID, region } = identity;
  const file = inventoryOf(snapshot, { accountID, region, takenAt });
  const document = redact ? redacted(file) : file;
  const text = output === 'json' ? toJson(document) : toYaml(document);
  if (outputFile === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(outputFile, text).catch((error: Error) => {
    throw new CliError(`${outputFile} can't be written: ${error.message}`);
  });
  process.stderr.write(
    `${snapshot.workspaces.size} WorkSpaces and ${snapshot.applications.size} applications in ${callsMade(fleet)} calls\n`,
  );
}
