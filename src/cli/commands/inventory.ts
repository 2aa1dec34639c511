import { Command, Option } from 'commander';
import type { InventoryFlags } from '../actions/inventory/inventory.ts';
import { addAwsFlags, addExamples, reflow } from './flags.ts';

/** Returns the command `wsap inventory`. */
export function inventoryCommand(): Command {
  const command = new Command('inventory')
    .summary('Save the WorkSpaces of a fleet to a file')
    .description(
      reflow(`Save the WorkSpaces of a fleet and their applications to a file, for wsap plan, wsap test, and wsap simulate.

The command makes no changes. It reads WorkSpaces, applications, associations, tags, and connection states. At 2 calls per second, 1,000
WorkSpaces take about 2 minutes.`),
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(['yaml', 'json']).default('yaml'))
    .option('--output-file <file>', 'Write the inventory to this file instead of stdout')
    .option('--redact', 'Replace user names with numbers', false);
  addExamples(addAwsFlags(command), {
    'Save a fleet and plan policies against it': `wsap inventory --region eu-central-1 --output-file fleet.yaml
wsap plan -f policies/ --inventory fleet.yaml`,
  });
  return command.action(async (flags: InventoryFlags) => {
    const { writeInventory } = await import('../actions/inventory/inventory.ts');
    await writeInventory(flags);
  });
}
