import { Command, Option } from 'commander';
import type { LintFormat } from '../actions/lint/formats.ts';
import type { LintFlags } from '../actions/lint/lint.ts';
import { addExamples, addFileFlags, reflow } from './flags.ts';

const FORMATS: LintFormat[] = ['text', 'json', 'sarif', 'github'];

/** Returns the command `wsap lint`. */
export function lintCommand(): Command {
  const command = new Command('lint')
    .summary('Validate manifests offline')
    .description(
      reflow(`Validate WorkspaceApplicationPolicies, WorkspaceFleets, and NotificationProviders in files against the schema and the rules of the CRDs, without a cluster.

The command ignores other resources. A note shows a surprising effect of a valid policy, for example, the date that rollout.removeBefore results in. Exits with 1 if it finds a problem, or if the files contain no such resource.`),
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(FORMATS).default('text'));
  addExamples(addFileFlags(command, { isRequired: true }), {
    'Validate all manifests in a folder': 'wsap lint -f policies/ -R',
    'Validate the output of kustomize': 'kustomize build overlays/prod | wsap lint -f -',
    'Write a SARIF file for code scanning': 'wsap lint -f policies/ -R -o sarif > wsap.sarif',
  });
  return command.action(async (flags: LintFlags) => {
    const { lintFiles } = await import('../actions/lint/lint.ts');
    await lintFiles(flags);
  });
}
