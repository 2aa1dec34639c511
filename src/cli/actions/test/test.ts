import process from 'node:process';
import { sanitize } from '../../../sanitize.ts';
import { CliError, EXIT } from '../../exit.ts';
import { isColored } from '../../output/terminal.ts';
import { filesNamed } from '../manifests.ts';
import { TEST_FORMATS, type TestFormat } from './formats.ts';
import { runTestFile, type TestResult } from './run.ts';

/** Flags of `wsap test`. */
export interface TestFlags {
  readonly output: TestFormat;
  readonly exclude: readonly string[];
}

/**
 * Runs the tests in folders and prints the results.
 *
 * @throws CliError if there is no test
 */
export async function runTests(folders: readonly string[], { output, exclude }: TestFlags): Promise<void> {
  const files = await filesNamed(folders, /^wsap-test\.ya?ml$/, exclude);
  if (files.length === 0) {
    throw new CliError(`no wsap-test.yaml found in ${folders.map((folder) => sanitize(folder)).join(', ')}`);
  }
  const results: TestResult[] = [];
  for (const file of files) {
    results.push(...(await runTestFile(file)));
  }
  const format: (results: readonly TestResult[], isColored: boolean) => string = TEST_FORMATS[output];
  process.stdout.write(format(results, isColored()));
  process.exitCode = results.some(({ failure }) => failure !== undefined) ? EXIT.error : EXIT.nothing;
}
