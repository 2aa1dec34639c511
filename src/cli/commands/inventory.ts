import { Command, Option } from 'commander';
import type { InventoryFlags } from '../actions/inventory/write.ts';
import { addAwsFlags } from './awsFlags.ts';

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
    .action(async (flags: InventoryFlags) => {
      const { writeInventory } = await import('../actions/inventory/write.ts');
      await writeInventory(flags);
    });
}
