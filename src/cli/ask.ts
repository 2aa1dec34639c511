import { Command, Option } from 'commander';
import type { Question, WaitFlags } from './asking.ts';
import { duration } from './duration.ts';
import { addKubeFlags } from './kubeFlags.ts';

/** `wsap reconcile`: has policies looked at now. */
export function reconcileCommand(): Command {
  return asking('reconcile', 'have policies looked at now, with what AWS says now');
}

/** `wsap suspend`: policies change nothing any more. */
export function suspendCommand(): Command {
  return asking('suspend', 'have policies change nothing any more, until they are resumed');
}

/** `wsap resume`: suspended policies go on. */
export function resumeCommand(): Command {
  return asking('resume', 'have suspended policies go on');
}

function asking(name: Question, description: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('[names...]', 'the policies')
    .option('--all', 'all policies of the namespace', false);
  return addWaitFlags(addKubeFlags(command)).action(async (names: string[], flags: WaitFlags & { all: boolean }) => {
    // The library of Kubernetes takes long to load: only for those who need it.
    const { askAll } = await import('./asking.ts');
    await askAll(name, names, flags);
  });
}

/** `wsap approve`: approves what a policy proposes. */
export function approveCommand(): Command {
  const command = new Command('approve')
    .description('approve the plan of a policy, to have it carried out to its end')
    .argument('<name>', 'the policy')
    .argument('[plan]', 'the id of the plan, from status.plan.id; without it, it is shown and asked for');
  return addWaitFlags(addKubeFlags(command)).action(
    async (name: string, planId: string | undefined, flags: WaitFlags) => {
      const { approve } = await import('./asking.ts');
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
