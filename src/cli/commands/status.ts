import { Command } from 'commander';
import { addExamples, addShowFlags, reflow, type ShowFlags } from './flags.ts';

/** Returns the command `wsap status`. */
export function statusCommand(): Command {
  const command = new Command('status')
    .summary('Show the status of a policy')
    .description(
      reflow(`Show the status of a policy: its conditions, plan, associations, and latest runs.

The command shows the status that the operator last wrote. To evaluate the policy again, use "kubectl wsap plan". The status lists the
most urgent associations; "kubectl wsap report" lists all of them.`),
    )
    .argument('<name>', 'Name of the policy');
  addExamples(addShowFlags(command), {
    'Show the status of a policy': 'kubectl wsap status -n desktops no-visio',
    'Show the status and watch for changes': 'kubectl wsap status -n desktops no-visio --watch',
  });
  return command.action(async (name: string, flags: ShowFlags) => {
    const { showStatus } = await import('../actions/status.ts');
    await showStatus(name, flags);
  });
}
