import { Command, Option } from 'commander';
import type { NotifyFlags } from '../actions/notify/notify.ts';
import { CliError } from '../exit.ts';
import { addExamples, addKubeFlags, reflow } from './flags.ts';
import { durationMs } from './optionValues.ts';

/** Returns the command `wsap notify`. */
export function notifyCommand(): Command {
  const command = new Command('notify')
    .summary('Show the notifications that would be sent, or send a test message')
    .description(
      reflow(`Show the notifications that the operator would send to the receivers of NotificationProviders. With --dry-run, the command sends nothing. It never reads a Secret.

With --test, the operator sends a test message to the receiver of one provider, with its own network and credentials, and the command shows the result. This requires the permission to patch the provider.

With -f, the command reads providers from files, so that you can try a provider before you apply it. If the files also contain policies with their statuses, for example, from kubectl get wsap -A -o yaml, it needs no cluster. Providers that select namespaces by labels then require the Namespaces in the files, too. With -n, the command shows only notifications of policies in that namespace.`),
    )
    .addOption(new Option('--dry-run', 'Show the notifications without sending them').conflicts(['test', 'timeout']))
    .addOption(
      new Option('--test', 'Send a test message, and wait for its result').conflicts(['filename', 'all', 'output']),
    )
    .option('-f, --filename <paths...>', 'Files or folders with providers, and optionally policies and namespaces')
    .option('--provider <name>', 'Name of the only provider to show; required with --test')
    .option('--all', 'Show notifications that were sent already, too', false)
    .addOption(
      new Option('-o, --output <format>', 'Output format; json: the requests without address and token')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--timeout <duration>', 'Maximum time to wait for the result of --test')
        .default(60_000, '1m')
        .argParser(durationMs),
    );
  addExamples(addKubeFlags(command), {
    'Show what would be sent now': 'wsap notify --dry-run',
    'Try a provider before you apply it': 'wsap notify --dry-run --all -f provider.yaml',
    'Send a test message': 'wsap notify --test --provider slack-desktops',
    'Show the request for a receiver': 'wsap notify --dry-run --provider slack-desktops --all -o json',
  });
  return command.action(async ({ dryRun, test, timeout, ...flags }: NotifyFlags & ModeFlags) => {
    if (test === true) {
      const { provider } = flags;
      if (provider === undefined) {
        throw new CliError('--test requires --provider NAME');
      }
      const { sendTest } = await import('../actions/notify/sendTest.ts');
      await sendTest({ ...flags, provider, timeout });
    } else if (dryRun === true) {
      const { showNotifications } = await import('../actions/notify/notify.ts');
      await showNotifications(flags);
    } else {
      throw new CliError('set --dry-run to show the notifications, or --test to send a test message');
    }
  });
}

/** Flags that select what the command does. */
interface ModeFlags {
  readonly dryRun?: boolean;
  readonly test?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}
