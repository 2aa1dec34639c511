import { Command, Option } from 'commander';
import type { PolicyAction, WaitFlags } from '../actions/requestPolicy.ts';
import { duration } from './duration.ts';
import { addKubeFlags } from './kubeFlags.ts';

/** `wsap reconcile`: has policies looked at now. */
export function reconcileCommand(): Command {
  return asking('reconcile', 'have policies looked at now, with what AWS says now').addHelpText(
    'after',
    `
Waits until the operator has looked, and says what it found; what it began may go on for longer. Exits with 1 if a policy isn't Ready then,
or not in time.

Example:
  kubectl wsap reconcile -n desktops no-visio --timeout 2m`,
  );
}

/** `wsap suspend`: policies change nothing any more. */
export function suspendCommand(): Command {
  return asking('suspend', 'have policies change nothing any more, until they are resumed').addHelpText(
    'after',
    `
What is under way in AWS goes on. A suspended policy has no say in what others do either: what only it allows, they may take away,
five minutes later.

Examples:
  kubectl wsap suspend -n desktops no-visio
  kubectl wsap suspend -n desktops --all`,
  );
}

/** `wsap resume`: suspended policies go on. */
export function resumeCommand(): Command {
  return asking('resume', 'have suspended policies go on').addHelpText(
    'after',
    `
Example:
  kubectl wsap resume -n desktops --all`,
  );
}

function asking(name: PolicyAction, description: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('[names...]', 'the policies')
    .option('--all', 'all policies of the namespace', false);
  return addWaitFlags(addKubeFlags(command)).action(async (names: string[], flags: WaitFlags & { all: boolean }) => {
    // The library of Kubernetes takes long to load: only for those who need it.
    const { applyToAll } = await import('../actions/requestPolicy.ts');
    await applyToAll(name, names, flags);
  });
}

/** `wsap approve`: approves what a policy proposes. */
export function approveCommand(): Command {
  const command = new Command('approve')
    .description('approve the plan of a policy, to have it carried out to its end')
    .argument('<name>', 'the policy')
    .argument('[plan]', 'the id of the plan, from status.plan.id; without it, it is shown and asked for')
    .addHelpText(
      'after',
      `
An approval is of that very plan: what comes up later needs another. Without the id it takes a terminal.

Examples:
  kubectl wsap approve -n desktops no-visio
  kubectl wsap approve -n desktops no-visio 8c60f1cc85d6c401`,
    );
  return addWaitFlags(addKubeFlags(command)).action(
    async (name: string, planId: string | undefined, flags: WaitFlags) => {
      const { approve } = await import('../actions/requestPolicy.ts');
      await approve(name, planId, flags);
    },
  );
}

function addWaitFlags(command: Command): Command {
  return command
    .option('--no-wait', "don't wait until the operator has handled it")
    .addOption(
      new Option('--timeout <duration>', 'how long to wait at most').default(300_000, '5m').argParser(duration),
    );
}
