import { Command } from 'commander';
import { addBulkFlags, addExamples, type BulkFlags } from './flags.ts';

/** Returns the command `wsap resume`. */
export function resumeCommand(): Command {
  const command = new Command('resume')
    .summary('Resume suspended policies and halted rollouts')
    .description(
      'Resume suspended policies, and rollouts that failed deployments halted. The failures until then no longer count.',
    );
  addExamples(addBulkFlags(command), {
    'Resume one policy': 'kubectl wsap resume -n desktops no-visio',
    'Resume all policies in a namespace': 'kubectl wsap resume -n desktops --all',
  });
  return command.action(async (names: string[], flags: BulkFlags) => {
    const { resumePolicies } = await import('../actions/resume.ts');
    await resumePolicies(names, flags);
  });
}
