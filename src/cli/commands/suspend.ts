import { Command } from 'commander';
import { addBulkFlags, addExamples, type BulkFlags, reflow } from './flags.ts';

/** Returns the command `wsap suspend`. */
export function suspendCommand(): Command {
  const command = new Command('suspend').summary('Stop policies from making changes').description(
    reflow(`Stop policies from making changes until you resume them.

AWS completes the changes that are already in progress. The operator keeps the status of a suspended policy up to date, but ignores
the policy when it evaluates other policies: 5 minutes later, they may remove applications that only this policy allows.`),
  );
  addExamples(addBulkFlags(command), {
    'Suspend one policy': 'kubectl wsap suspend -n desktops no-visio',
    'Suspend all policies in a namespace': 'kubectl wsap suspend -n desktops --all',
  });
  return command.action(async (names: string[], flags: BulkFlags) => {
    const { suspendPolicies } = await import('../actions/suspend.ts');
    await suspendPolicies(names, flags);
  });
}
