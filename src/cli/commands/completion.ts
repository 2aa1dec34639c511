import process from 'node:process';
import { Argument, Command } from 'commander';
import { sanitize } from '../../sanitize.ts';
import type { PolicyNames } from '../actions/completion/candidates.ts';
import type { Shell } from '../actions/completion/scripts.ts';

/** How long the cluster may take to name its policies, in milliseconds: somebody has just pressed a key. */
const PATIENCE = 2_000;
const SHELLS: Shell[] = ['bash', 'zsh', 'fish'];

/** `wsap completion`: what a shell has to load to complete commands, flags and names of policies. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('print what a shell has to load to complete commands, flags and the names of policies')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
  bash:  source <(wsap completion bash)
  zsh:   source <(wsap completion zsh)
  fish:  wsap completion fish | source

For kubectl wsap, have kubectl_complete-wsap on the PATH; npm link puts it there.`,
    )
    .action(async (shell: Shell) => {
      const { COMPLETION_SCRIPTS } = await import('../actions/completion/scripts.ts');
      process.stdout.write(COMPLETION_SCRIPTS[shell]);
    });
}

/** `wsap __complete`, which shells ask. */
export function completeCommand(program: Command): Command {
  return new Command('__complete').argument('[words...]').action(async (words: string[]) => {
    const { candidatesFor } = await import('../actions/completion/candidates.ts');
    const { words: candidates, files } = await candidatesFor(program, words, policyNames);
    const lines = candidates.map(
      ({ value, description }) => `${sanitize(value)}${description === '' ? '' : `\t${sanitize(description)}`}`,
    );
    process.stdout.write(`${[...lines, files ? ':0' : ':4'].join('\n')}\n`);
  });
}

const policyNames: PolicyNames = async (flags) => {
  const [{ connectToCluster }, { policiesOf }] = await Promise.all([
    import('../actions/connectToCluster.ts'),
    import('../actions/policies.ts'),
  ]);
  try {
    const policies = await policiesOf(connectToCluster(flags), [], AbortSignal.timeout(PATIENCE));
    return policies.map(({ metadata }) => metadata.name);
  } catch {
    // A shell is no place to complain.
    return [];
  }
};
