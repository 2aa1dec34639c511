import process from 'node:process';
import type { Command } from 'commander';
import { sanitize } from '../../../sanitize.ts';
import { candidatesFor, type PolicyNames } from './candidates.ts';
import { COMPLETION_SCRIPTS, type Shell } from './scripts.ts';

/** Maximum time to read the names of policies. The user is waiting for the completion. */
const TIMEOUT_MS = 2_000;

/** Prints the completion script of a shell. */
export function printCompletionScript(shell: Shell): void {
  process.stdout.write(COMPLETION_SCRIPTS[shell]);
}

/** Prints the candidates for the last of the words, in the protocol of the completion scripts. */
export async function printCandidates(program: Command, words: readonly string[]): Promise<void> {
  const { words: candidates, files } = await candidatesFor(program, words, policyNames);
  const lines = candidates.map(
    ({ value, description }) => `${sanitize(value)}${description === '' ? '' : `\t${sanitize(description)}`}`,
  );
  process.stdout.write(`${[...lines, files ? ':0' : ':4'].join('\n')}\n`);
}

const policyNames: PolicyNames = async (flags) => {
  // Kubernetes' client takes long to load, and most completions don't need it.
  const [{ connectToCluster }, { policiesOf }] = await Promise.all([
    import('../connectToCluster.ts'),
    import('../policies.ts'),
  ]);
  try {
    const policies = await policiesOf(connectToCluster(flags), [], AbortSignal.timeout(TIMEOUT_MS));
    return policies.map(({ metadata }) => metadata.name);
  } catch {
    // An error message would disturb the command line.
    return [];
  }
};
