import { Command, Option } from 'commander';
import type { SimulateFlags } from '../actions/simulate.ts';
import { addExamples, reflow } from './flags.ts';
import { nonNegativeNumber, portNumber, positiveInteger } from './optionValues.ts';

/** Flags whose parsers are loaded only when the command runs. */
type TextFlags = Omit<SimulateFlags, 'fault' | 'undocumented'> & {
  readonly fault: readonly string[];
  readonly undocumented: readonly string[];
};

/** Returns the command `wsap simulate`. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .summary('Simulate Amazon WorkSpaces on this machine')
    .description(
      reflow(`Simulate the API of Amazon WorkSpaces on this machine, so that you can rehearse policies.

The command prints the environment variables that point the operator and other commands at the simulator, and then each change that they
make, until Ctrl-C.`),
    )
    .addOption(
      new Option(
        '--seed <files...>',
        'Files that describe the simulated fleets, one for each account and region; example: deploy/simulator/fleet.yaml',
      ).default([], 'none'),
    )
    .addOption(
      new Option('--from <files...>', 'Inventory files of real fleets to simulate, from wsap inventory').default(
        [],
        'none',
      ),
    )
    .addOption(new Option('--port <port>', 'Port to listen on; 0 selects a free port').default(0).argParser(portNumber))
    .option('--host <address>', 'Address to listen on', '127.0.0.1')
    .addOption(
      new Option(
        '--calls-per-second <rate>',
        'Rate limit of the simulated API; defaults to the rate limit of the seed; 0 disables it',
      ).argParser(nonNegativeNumber),
    )
    .addOption(
      new Option('--burst <calls>', 'Maximum number of calls at once; defaults to the burst of the seed').argParser(
        positiveInteger,
      ),
    )
    .addOption(
      new Option(
        '--fault <fault>',
        'Fault to inject; repeatable; example: LoseAnswer,operation=DeployWorkspaceApplications,times=1',
      )
        .default([], 'none')
        .argParser((text, previous: readonly string[]) => [...previous, text]),
    )
    .addOption(
      new Option(
        '--undocumented <switch=alternative>',
        'Alternative of behavior that AWS does not document; repeatable; example: swapOrder=InstallFirst',
      )
        .default([], 'the alternatives of the seed')
        .argParser((text, previous: readonly string[]) => [...previous, text]),
    )
    .option('--iam-policy <file>', 'IAM policy to enforce, from wsap iam; calls that it does not allow are denied');
  addExamples(command, {
    'Simulate your own fleet': 'wsap simulate --from fleet.yaml',
    'Simulate a sample fleet on a fixed port, without a rate limit':
      'wsap simulate --seed deploy/simulator/fleet.yaml --port 4599 --calls-per-second 0',
    'Simulate an AWS that installs a new version before it uninstalls the old one':
      'wsap simulate --seed deploy/simulator/fleet.yaml --undocumented swapOrder=InstallFirst',
    'Enforce the permissions of an Audit policy': `wsap iam --account 123456789012 --region eu-central-1 > audit.json
wsap simulate --seed deploy/simulator/fleet.yaml --iam-policy audit.json`,
  });
  return command.action(async ({ fault, undocumented, ...flags }: TextFlags) => {
    const [{ simulate }, { parseFault }, { parseAlternative }] = await Promise.all([
      import('../actions/simulate.ts'),
      import('../../simulator/faultText.ts'),
      import('../../simulator/undocumented.ts'),
    ]);
    const parse = <Parsed>(option: string, texts: readonly string[], parseText: (text: string) => Parsed) =>
      texts.map((text) => {
        try {
          return parseText(text);
        } catch (error) {
          return command.error(`option '${option}' argument '${text}' is invalid. ${(error as Error).message}`);
        }
      });
    await simulate({
      ...flags,
      fault: parse('--fault <fault>', fault, parseFault),
      undocumented: Object.assign({}, ...parse('--undocumented <switch=alternative>', undocumented, parseAlternative)),
    });
  });
}
