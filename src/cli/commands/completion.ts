import { Argument, Command } from 'commander';
import type { Shell } from '../actions/completion/scripts.ts';
import { addExamples, reflow } from './flags.ts';

const SHELLS: Shell[] = ['bash', 'zsh', 'fish'];

/** Returns the command `wsap completion`. */
export function completionCommand(): Command {
  const command = new Command('completion')
    .summary('Print a shell completion script')
    .description(
      reflow(`Print a script that completes commands, flags, and the names of policies in a shell.

To complete kubectl wsap, put kubectl_complete-wsap on the PATH. The npm package contains it. If you use the single executable, create a link to it with this name.`),
    )
    .addArgument(new Argument('<shell>', 'Name of the shell').choices(SHELLS));
  addExamples(command, {
    'Load completion in bash': 'source /dev/stdin <<<"$(wsap completion bash)"',
    'Load completion in zsh': 'source <(wsap completion zsh)',
    'Load completion in fish': 'wsap completion fish | source',
  });
  return command.action(async (shell: Shell) => {
    const { printCompletionScript } = await import('../actions/completion/completion.ts');
    printCompletionScript(shell);
  });
}

/** Returns the hidden command `wsap __complete`, which the completion scripts call. */
export function completeCommand(program: Command): Command {
  return new Command('__complete').argument('[words...]').action(async (words: string[]) => {
    const { printCandidates } = await import('../actions/completion/completion.ts');
    await printCandidates(program, words);
  });
}
