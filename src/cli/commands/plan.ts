import { Command, Option } from 'commander';
import type { PlanFormat } from '../actions/plan/formats.ts';
import type { PlanFlags } from '../actions/plan/plan.ts';
import { addExamples, addSourceFlags, reflow } from './flags.ts';

const FORMATS: PlanFormat[] = ['table', 'json', 'yaml', 'markdown'];

/** Returns the command `wsap plan`, which evaluates policies with the same functions as the operator. */
export function planCommand(): Command {
  const command = new Command('plan')
    .summary('Show what the operator would do')
    .description(
      reflow(`Show what the operator would do, without making changes.

With -f, the command evaluates only the policies in the files. Add --merge-cluster to evaluate the files as if they were applied to the
cluster. Without -f, the command evaluates the policies in the cluster, including their approvals and earlier removals.

The WorkSpaces come from AWS, with the account, region, and role of the WorkspaceFleet of each policy or of your own AWS
configuration. With --inventory, they come from a file.

Symbols in the table:
  -  The application is removed.
  +  The application is installed.
  !  The change is on hold; the table shows the reason.
  ~  AWS is changing the association.

To disable colors, set NO_COLOR.`),
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(FORMATS).default('table'))
    .option('--explain', 'Print to stderr how the WorkSpaces are read and how many calls this takes', false)
    .option('--diff-against <paths...>', 'Show how the plan differs from the plan of the policies in these files')
    .addOption(
      new Option('--generate-exceptions', 'Print exceptions that keep the applications to be removed for 30 days')
        .default(false)
        .conflicts(['diffAgainst', 'output']),
    )
    .option(
      '--detailed-exitcode',
      'Exit with 2 if there are changes or differences, 0 if there are none; changes on hold do not count',
      false,
    );
  addExamples(addSourceFlags(command), {
    'Plan the policies in a folder': 'wsap plan -f policies/ -R --region eu-central-1',
    'Plan one policy against an inventory file, for a pull request':
      'wsap plan -f no-visio.yaml --inventory fleet.yaml -o markdown',
    'Compare two versions of a policy':
      'wsap plan -f no-visio.yaml --diff-against no-visio.main.yaml --inventory fleet.yaml',
    'Print exceptions for the applications in use':
      'wsap plan -f no-visio.yaml --inventory fleet.yaml --generate-exceptions',
    'Plan the output of kustomize and return 2 if there are changes':
      'kustomize build overlays/prod | wsap plan -f - --inventory fleet.yaml --detailed-exitcode',
    'Plan a policy in the cluster': 'kubectl wsap plan -n desktops no-visio',
    'Plan a file as if it were applied to the cluster': 'kubectl wsap plan -f no-visio.yaml --merge-cluster',
  });
  return command.action(async (names: string[], flags: PlanFlags) => {
    const { showPlan } = await import('../actions/plan/plan.ts');
    await showPlan(names, flags);
  });
}
