import { Command } from 'commander';
import { addExamples, addWaitFlags, reflow, type WaitFlags } from './flags.ts';

/** Returns the command `wsap confirm`. */
export function confirmCommand(): Command {
  const command = new Command('confirm')
    .summary('Confirm restored WorkSpaces')
    .description(
      reflow(`Confirm that you have checked the WorkSpaces that AWS restored.

AWS doesn't report which applications a restored WorkSpace has, so it doesn't count as compliant. Check that its applications match
its associations, and correct them if they don't. The confirmation covers the restores that the status of the policy shows; a later
restore needs another one.`),
    )
    .argument('<name>', 'Name of the policy')
    .argument('[workspaces...]', 'IDs of checked WorkSpaces; by default, all that status.restoredWorkspaces lists');
  addExamples(addWaitFlags(command), {
    'Confirm all restored WorkSpaces of a policy': 'kubectl wsap confirm -n desktops no-visio',
    'Confirm one WorkSpace': 'kubectl wsap confirm -n desktops no-visio ws-2rvc0s3h7',
  });
  return command.action(async (name: string, workspaceIDs: string[], flags: WaitFlags) => {
    const { confirmRestores } = await import('../actions/confirm.ts');
    await confirmRestores(name, workspaceIDs, flags);
  });
}
