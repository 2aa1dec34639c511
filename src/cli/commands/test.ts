import { Command, Option } from 'commander';
import type { TestFormat } from '../actions/test/formats.ts';
import type { TestFlags } from '../actions/test/test.ts';
import { addExamples, addExcludeFlag, reflow } from './flags.ts';

const FORMATS: TestFormat[] = ['text', 'json', 'junit'];

/** Returns the command `wsap test`, which tests policies in the CI of a Git repository. */
export function testCommand(): Command {
  const command = new Command('test')
    .summary('Test policies offline')
    .description(
      reflow(`Test policies against inventory files and expected results, without a cluster and without AWS.

A wsap-test.yaml file names the policies, an inventory file from wsap inventory, and the expected results:

  policies: [../policies]
  inventory: fleet.yaml
  at: 2026-11-24T22:30:00Z  # defaults to the time of the inventory
  expect:
  - policy: desktops/no-visio
    workspaces: [ws-2rvc0s3h7]
    application: Microsoft Visio*
    verdict: Denied         # or Required, Allowed, Unlisted, Excepted,
                            # Conflict, None
    action: Disassociate    # or Associate, Deploy, None
    holdReason: None        # or a reason, for example, UserConnected
  - policy: desktops/no-visio
    plan: {selected: 40, disassociate: 7, held: 1}

Exits with 1 if a result differs from the expected result, or if there is no test.`),
    )
    .argument('<folders...>', 'wsap-test.yaml files, or folders that contain them, including subfolders')
    .addOption(new Option('-o, --output <format>', 'Output format').choices(FORMATS).default('text'));
  addExamples(addExcludeFlag(command), {
    'Run all tests in a folder': 'wsap test policy-tests/',
    'Write a JUnit file for a CI system': 'wsap test policy-tests/ -o junit > results.xml',
  });
  return command.action(async (folders: readonly string[], flags: TestFlags) => {
    const { runTests } = await import('../actions/test/test.ts');
    await runTests(folders, flags);
  });
}
