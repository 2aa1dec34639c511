import { Command } from 'commander';
import { addExamples, addShowFlags, type ShowFlags } from './flags.ts';

/** Returns the command `wsap get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .summary('List policies')
    .description('List policies with their compliance.')
    .argument('[names...]', 'Names of policies; defaults to all policies in the namespace')
    .option('-A, --all-namespaces', 'List the policies in all namespaces', false);
  addExamples(addShowFlags(command), {
    'List the policies in all namespaces': 'kubectl wsap get -A',
    'List the policies in a namespace and watch for changes': 'kubectl wsap get -n desktops --watch',
    'Print one policy in JSON': 'kubectl wsap get -n desktops no-visio -o json',
  });
  return command.action(async (names: string[], flags: ShowFlags) => {
    const { listPolicies } = await import('../actions/get.ts');
    await listPolicies(names, flags);
  });
}
