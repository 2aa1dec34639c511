import { Command, Option } from 'commander';
import type { PlanFormat } from '../actions/plan/formats.ts';
import type { PlanFlags } from '../actions/plan/showPlan.ts';
import { addSourceFlags } from './sourceFlags.ts';

const FORMATS: PlanFormat[] = ['table', 'json', 'yaml', 'markdown'];

/** `wsap plan`: what the operator would do now, by the operator's own functions. */
export function planCommand(): Command {
  const command = new Command('plan')
    .description('show what the operator would do now, for policies of files or of the cluster, and change nothing')
    .addOption(new Option('-o, --output <format>', 'how to show it').choices(FORMATS).default('table'))
    .option('--explain', 'tell on stderr how the WorkSpaces were read, and in how many calls', false)
    .option(
      '--diff-against <paths...>',
      'show what changes between the policies in these files, an earlier version, and those of -f',
    )
    .addOption(
      new Option('--generate-exceptions', 'print exceptions, for 30 days, for all that would be taken away now')
        .default(false)
        .conflicts(['diffAgainst', 'output']),
    )
    .option(
      '--detailed-exitcode',
      'exit with 2 if there are changes (or differences), 0 if there are none; what is held is none',
      false,
    );
  return addSourceFlags(command)
    .addHelpText(
      'after',
      `
With -f the policies are those of the files, and nothing else has a say; with -f and --merge-cluster those of the files as if they were
applied to the cluster; without -f those of the cluster, with what their statuses tell of approvals and earlier removals. The WorkSpaces
are those of --inventory, or else of AWS: of the account, region and role of each policy's WorkspaceFleet, or of your own AWS settings.

In the table - is taken away, + is installed, ! is held, with the reason, and ~ waits for AWS. Colours are
left out where stdout is no terminal or NO_COLOR is set.

Examples:
  wsap plan -f policies/ -R --region eu-central-1
  wsap plan -f no-visio.yaml --inventory fleet.yaml -o markdown
  wsap plan -f no-visio.yaml --diff-against no-visio.main.yaml --inventory fleet.yaml
  wsap plan -f no-visio.yaml --inventory fleet.yaml --generate-exceptions
  kustomize build overlays/prod | wsap plan -f - --inventory fleet.yaml --detailed-exitcode
  kubectl wsap plan -n desktops no-visio
  kubectl wsap plan -f no-visio.yaml --merge-cluster`,
    )
    .action(async (names: string[], flags: PlanFlags) => {
      const { showPlan } = await import('../actions/plan/showPlan.ts');
      await showPlan(names, flags);
    });
}
