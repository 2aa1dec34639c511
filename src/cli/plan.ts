import process from 'node:process';
import { Command, Option } from 'commander';
import { type AwsFlags, addAwsFlags } from './awsFlags.ts';
import { EXIT } from './failure.ts';
import { addKubeFlags, type KubeFlags } from './kube.ts';
import { hasChanges, type PlanDocument, planDocument } from './plan/document.ts';
import { explanationOf } from './plan/explain.ts';
import { PLAN_FORMATS, type PlanFormat } from './plan/formats.ts';
import { type SourceFlags, worldFrom } from './plan/sources.ts';
import { stopSignal } from './signals.ts';

interface Flags extends AwsFlags, KubeFlags, SourceFlags {
  readonly output: PlanFormat;
  readonly allNamespaces: boolean;
  readonly detailedExitcode: boolean;
  readonly explain: boolean;
}

/** `wsap plan`: what the operator would do now, by the operator's own functions. */
export function planCommand(): Command {
  const command = new Command('plan')
    .description('show what the operator would do now, for policies of files or of the cluster, and change nothing')
    .argument('[names...]', 'policies; by default all that there are')
    .option('-f, --filename <paths...>', 'files or folders with policies and fleets; - is standard input')
    .option('-R, --recursive', 'also look into folders below', false)
    .option('--inventory <file>', 'plan against this file, as wsap inventory writes it, and not against AWS')
    .option('-A, --all-namespaces', 'the policies of every namespace of the cluster', false)
    .addOption(
      new Option('-o, --output <format>', 'how to show it').choices(Object.keys(PLAN_FORMATS)).default('table'),
    )
    .option('--explain', 'tell on stderr how the WorkSpaces were read, and in how many calls', false)
    .option('--detailed-exitcode', 'exit with 2 if there are changes, 0 if there are none', false);
  return addAwsFlags(addKubeFlags(command))
    .addHelpText(
      'after',
      `
With -f the policies are those of the files, and nothing else has a say; without, those of the cluster, with what their statuses tell
of approvals and earlier removals. In the table - is taken away, + is installed, ! is held, with the reason, and ~ waits for AWS. Colours are left out
where stdout is no terminal or NO_COLOR is set.

Examples:
  wsap plan -f policies/ -R --region eu-central-1
  wsap plan -f no-visio.yaml --inventory fleet.yaml -o markdown
  kustomize build overlays/prod | wsap plan -f - --inventory fleet.yaml --detailed-exitcode
  kubectl wsap plan -n desktops no-visio`,
    )
    .action(run);
}

async function run(names: readonly string[], flags: Flags): Promise<void> {
  const { world, namespace, inventories } = await worldFrom(flags, stopSignal());
  const previews = await world.preview(
    (policy) =>
      (namespace === undefined || flags.allNamespaces || policy.namespace === namespace) &&
      (names.length === 0 || names.includes(policy.name)),
  );
  const document = planDocument(previews);
  const show: (document: PlanDocument, isColoured: boolean) => string = PLAN_FORMATS[flags.output];
  const { isTTY = false } = process.stdout;
  const isColoured = isTTY && process.stdout.hasColors() && !process.env.NO_COLOR;
  process.stdout.write(show(document, isColoured));
  if (flags.explain) {
    process.stderr.write(explanationOf(inventories(), flags.awsRequestsPerSecond));
  }
  if (document.summary.failed > 0) {
    process.exitCode = EXIT.error;
  } else if (flags.detailedExitcode && hasChanges(document)) {
    process.exitCode = EXIT.changes;
  }
}
