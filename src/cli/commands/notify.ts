import { Command, Option } from 'commander';
import type { NotifyFlags } from '../actions/notify/notify.ts';
import { addExamples, addKubeFlags, reflow } from './flags.ts';

/** Returns the command `wsap notify`. */
export function notifyCommand(): Command {
  const command = new Command('notify')
    .summary('Show the notifications that would be sent')
    .description(
      reflow(`Show the notifications that the operator would send to the receivers of NotificationProviders. The command sends nothing, and reads no Secret.

With -f, the command reads providers from files, so that you can try a provider before you apply it. If the files also contain policies with their statuses, for example, from kubectl get wsap -A -o yaml, it needs no cluster. Providers that select namespaces by labels then require the Namespaces in the files, too. With -n, the command shows only notifications of policies in that namespace.`),
    )
    .requiredOption('--dry-run', 'Show the notifications without sending them')
    .option('-f, --filename <paths...>', 'Files or folders with providers, and optionally policies and namespaces')
    .option('--provider <name>', 'Name of the only provider to show')
    .option('--all', 'Show notifications that were sent already, too', false)
    .addOption(
      new Option('-o, --output <format>', 'Output format; json: the requests without address and token')
        .choices(['text', 'json'])
        .default('text'),
    );
  addExamples(addKubeFlags(command), {
    'Show what would be sent now': 'wsap notify --dry-run',
    'Try a provider before you apply it': 'wsap notify --dry-run --all -f provider.yaml',
    'Show the request for a receiver': 'wsap notify --dry-run --provider slack-desktops --all -o json',
  });
  return command.action(async (flags: NotifyFlags) => {
    const { showNotifications } = await import('../actions/notify/notify.ts');
    await showNotifications(flags);
  });
}
