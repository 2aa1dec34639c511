import { Command, Option } from 'commander';
import type { ShowFlags } from '../actions/showPolicies.ts';
import { addKubeFlags } from './kubeFlags.ts';

/** `wsap get`: policies in a table. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('list policies, with what a person should know first of each')
    .argument('[names...]', 'policies; by default all of the namespace')
    .option('-A, --all-namespaces', 'those of every namespace', false)
    .addHelpText(
      'after',
      `
Examples:
  kubectl wsap get -A
  kubectl wsap get -n desktops --watch
  kubectl wsap get -n desktops no-visio -o json`,
    );
  return addShowFlags(command).action(async (names: string[], flags: ShowFlags) => {
    const { showPolicies } = await import('../actions/showPolicies.ts');
    await showPolicies(names, flags);
  });
}

/** `wsap status`: all that is known of one policy. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('tell of a policy: its conditions, what is planned and held, its WorkSpaces, its last runs')
    .argument('<name>', 'the policy')
    .addHelpText(
      'after',
      `
Shows what the operator last wrote; kubectl wsap plan looks anew. The table has the most urgent WorkSpaces, kubectl wsap report all.

Example:
  kubectl wsap status -n desktops no-visio --watch`,
    );
  return addShowFlags(command).action(async (name: string, flags: ShowFlags) => {
    const { showStatus } = await import('../actions/showPolicies.ts');
    await showStatus(name, flags);
  });
}

function addShowFlags(command: Command): Command {
  return addKubeFlags(command)
    .addOption(
      new Option('-o, --output <format>', 'how to show it').choices(['table', 'json', 'yaml']).default('table'),
    )
    .option('-w, --watch', 'show it again whenever it changes, until Ctrl-C', false);
}
