import process from 'node:process';
import { Command, Option } from 'commander';
import type { LintFormat } from '../actions/lint/formats.ts';
import { CliError, EXIT } from '../output/cliError.ts';

interface Flags {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly output: LintFormat;
}

const FORMATS: LintFormat[] = ['text', 'json', 'sarif', 'github'];

/** `wsap lint`: what the API server and the operator would have against manifests, without either. */
export function lintCommand(): Command {
  return new Command('lint')
    .description('check policies and fleets in files: the schema and the rules of the CRDs, without a cluster')
    .requiredOption('-f, --filename <paths...>', 'files or folders with manifests; - is standard input')
    .option('-R, --recursive', 'also look into folders below', false)
    .addOption(new Option('-o, --output <format>', 'how to say it').choices(FORMATS).default('text'))
    .addHelpText(
      'after',
      `
Other resources in the files are left to others. Exits with 1 if anything is wrong, or there is nothing to check.

Examples:
  wsap lint -f policies/ -R
  kustomize build overlays/prod | wsap lint -f -
  wsap lint -f policies/ -R -o sarif > wsap.sarif`,
    )
    .action(run);
}

async function run({ filename, recursive, output }: Flags): Promise<void> {
  const [{ readSources }, { lint }, { LINT_FORMATS }] = await Promise.all([
    import('../actions/manifests.ts'),
    import('../actions/lint/check.ts'),
    import('../actions/lint/formats.ts'),
  ]);
  const result = lint(await readSources(filename, recursive));
  if (result.checked === 0 && result.problems.length === 0) {
    throw new CliError(`there is no WorkspaceApplicationPolicy or WorkspaceFleet in ${filename.join(', ')}`);
  }
  process.stdout.write(LINT_FORMATS[output](result));
  process.exitCode = result.problems.length > 0 ? EXIT.error : EXIT.nothing;
}
