import process from 'node:process';
import { Command, Option } from 'commander';
import type { TestFormat } from '../actions/test/formats.ts';
import type { TestResult } from '../actions/test/run.ts';
import { CliError, EXIT } from '../output/cliError.ts';
import { isColoured } from '../output/terminal.ts';

const FORMATS: TestFormat[] = ['text', 'json', 'junit'];

/** `wsap test`: policies against given inventories and expected verdicts, for the CI of a Git repository. */
export function testCommand(): Command {
  return new Command('test')
    .description('check policies against inventories and what is expected of them, without a cluster and without AWS')
    .argument('<folders...>', 'folders with wsap-test.yaml files, also further below; or such files')
    .addOption(new Option('-o, --output <format>', 'how to say it').choices(FORMATS).default('text'))
    .addHelpText(
      'after',
      `
A wsap-test.yaml names policies, an inventory as wsap inventory writes it, and what is expected:

  policies: [../policies]
  inventory: fleet.yaml
  at: 2026-11-24T22:30:00Z          # when it is; by default when the inventory was taken
  expect:
  - policy: desktops/no-visio
    workspaces: [ws-2rvc0s3h7]
    application: Microsoft Visio*
    verdict: Denied                 # Required, Allowed, Denied, Unlisted, Excepted, Conflict, None
    action: Disassociate            # Associate, Disassociate, Deploy, None
    holdReason: None               # or the reason, as OutsideMaintenanceWindow
  - policy: desktops/no-visio
    plan: {selected: 40, disassociate: 6, held: 1}

Exits with 1 if anything isn't as expected, or there is no test.`,
    )
    .action(run);
}

async function run(folders: readonly string[], { output }: { readonly output: TestFormat }): Promise<void> {
  const [{ filesNamed }, { runTestFile }, { TEST_FORMATS }] = await Promise.all([
    import('../actions/manifests.ts'),
    import('../actions/test/run.ts'),
    import('../actions/test/formats.ts'),
  ]);
  const files = await filesNamed(folders, /^wsap-test\.ya?ml$/);
  if (files.length === 0) {
    throw new CliError(`there is no wsap-test.yaml in ${folders.join(', ')}`);
  }
  const results: TestResult[] = [];
  for (const file of files) {
    results.push(...(await runTestFile(file)));
  }
  const show: (results: readonly TestResult[], isColoured: boolean) => string = TEST_FORMATS[output];
  process.stdout.write(show(results, isColoured()));
  process.exitCode = results.some(({ failure }) => failure !== undefined) ? EXIT.error : EXIT.nothing;
}
