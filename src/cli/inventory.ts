import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { Inventory } from '../fleet/inventory.ts';
import { inventoryOf, redacted } from '../fleet/inventoryFile.ts';
import { EVERYTHING } from '../fleet/needs.ts';
import { type AwsFlags, addAwsFlags, connectToAws } from './awsFlags.ts';
import { CliError } from './failure.ts';
import { withProgress } from './progress.ts';
import { stopSignal } from './signals.ts';

interface Flags extends AwsFlags {
  readonly output: 'yaml' | 'json';
  readonly outputFile?: string;
  readonly redact: boolean;
}

/** What was read is as old as this at most; everything is read anew. */
const ANEW = 1;

/** `wsap inventory`: a fleet as it is, as a file for `plan`, `test` and `simulate`. */
export function inventoryCommand(): Command {
  const command = new Command('inventory')
    .description('write a fleet as it is at the moment to a file: for wsap plan, wsap test and wsap simulate --from')
    .addOption(new Option('-o, --output <format>', 'the format').choices(['yaml', 'json']).default('yaml'))
    .option('--output-file <file>', 'write it there; by default to standard output')
    .option('--redact', 'numbers in place of user names', false);
  return addAwsFlags(command)
    .addHelpText(
      'after',
      `
Reads and changes nothing: DescribeWorkspaces, DescribeApplications, associations, tags and connections. At AWS's two calls a second a
thousand WorkSpaces take about two minutes.

Example:
  wsap inventory --region eu-central-1 --output-file fleet.yaml
  wsap plan -f policies/ --inventory fleet.yaml`,
    )
    .action(run);
}

async function run({ output, outputFile, redact, ...aws }: Flags): Promise<void> {
  const { fleet, identity } = await connectToAws(aws, stopSignal());
  const inventory = new Inventory(fleet, systemClock);
  const calls = () => fleet.calls().reduce((sum, { count }) => sum + count, 0);
  const takenAt = systemClock.now().toISOString();
  const snapshot = await withProgress(
    () => `reading the WorkSpaces of ${identity.accountID} in ${identity.region}: ${calls()} calls`,
    () => inventory.read(EVERYTHING, ANEW),
  );
  const [failure] = snapshot.failures;
  if (failure !== undefined) {
    throw new CliError(`nothing was written, since the fleet couldn't be read whole: ${failure.message}`);
  }
  const { accountID, region } = identity;
  const file = inventoryOf(snapshot, { accountID, region, takenAt });
  const document = redact ? redacted(file) : file;
  const { toJson, toYaml } = await import('./structured.ts');
  const text = output === 'json' ? toJson(document) : toYaml(document);
  if (outputFile === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(outputFile, text).catch((error: Error) => {
    throw new CliError(`${outputFile} can't be written: ${error.message}`);
  });
  process.stderr.write(
    `${snapshot.workspaces.size} WorkSpaces and ${snapshot.applications.size} applications in ${calls()} calls\n`,
  );
}
