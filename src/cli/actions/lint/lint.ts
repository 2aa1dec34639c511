import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError, EXIT } from '../../exit.ts';
import { readSources } from '../manifests.ts';
import { lint } from './check.ts';
import { LINT_FORMATS, type LintFormat } from './formats.ts';

/** Flags of `wsap lint`. */
export interface LintFlags {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly exclude: readonly string[];
  readonly output: LintFormat;
}

/**
 * Validates the policies and fleets in files and prints the problems.
 *
 * @throws CliError if the files contain no policy or fleet
 */
export async function lintFiles({ filename, recursive, exclude, output }: LintFlags): Promise<void> {
  const result = lint(await readSources(filename, recursive, exclude), systemClock.now());
  if (result.checked === 0 && result.problems.length === 0) {
    const paths = filename.map((path) => sanitize(path)).join(', ');
    throw new CliError(`no WorkspaceApplicationPolicy, WorkspaceFleet, or NotificationProvider found in ${paths}`);
  }
  process.stdout.write(LINT_FORMATS[output](result));
  process.exitCode = result.problems.length > 0 ? EXIT.error : EXIT.nothing;
}
