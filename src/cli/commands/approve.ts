import { Command } from 'commander';
import { addExamples, addWaitFlags, reflow, type WaitFlags } from './flags.ts';

/** Returns the command `wsap approve`. */
export function approveCommand(): Command {
  const command = new Command('approve')
    .summary('Approve the plan of a policy')
    .description(
      reflow(`Approve the plan of a policy, so that the operator carries it out.

An approval covers only the plan that the status shows as waiting; later changes need a new approval. If you omit the plan ID, the
command shows the plan and asks for confirmation, which requires a terminal.`),
    )
    .argument('<name>', 'Name of the policy')
    .argument('[plan]', 'ID of the plan, from status.plan.id');
  addExamples(addWaitFlags(command), {
    'Show the plan of a policy and approve it': 'kubectl wsap approve -n desktops no-visio',
    'Approve a plan that you have reviewed': 'kubectl wsap approve -n desktops no-visio 749a345130f395e3',
  });
  return command.action(async (name: string, planID: string | undefined, flags: WaitFlags) => {
    const { approvePlan } = await import('../actions/approve/approve.ts');
    await approvePlan(name, planID, flags);
  });
}
