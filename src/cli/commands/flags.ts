import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs, positiveInteger, positiveNumber } from './optionValues.ts';

/** Flags that select a cluster and a namespace, named as in kubectl. */
export interface KubeFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  /** User to impersonate. */
  readonly as?: string;
  readonly asUid?: string;
  readonly asGroup?: readonly string[];
  readonly asUserExtra?: Readonly<Record<string, readonly string[]>>;
}

/** Adds the flags that select a cluster and a namespace. */
export function addKubeFlags(command: Command): Command {
  const namespace = new Option(
    '-n, --namespace <name>',
    'Namespace of the policies; defaults to the namespace of the context',
  );
  return addImpersonationFlags(addContextFlags(command).addOption(namespace));
}

/** Adds the flags that select a cluster, for a command that reads only cluster-scoped resources. */
export function addClusterFlags(command: Command): Command {
  return addImpersonationFlags(addContextFlags(command));
}

function addContextFlags(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'Path to the kubeconfig file; defaults to the file that kubectl uses')
    .option('--context <name>', 'Name of the kubeconfig context');
}

function addImpersonationFlags(command: Command): Command {
  return command
    .option('--as <user>', 'User to impersonate')
    .addOption(
      new Option('--as-group <group>', 'Group to impersonate; repeat the flag for several').argParser(appended),
    )
    .option('--as-uid <uid>', 'UID to impersonate')
    .addOption(
      new Option(
        '--as-user-extra <key=value>',
        'Extra field of the user to impersonate; repeat the flag for several',
      ).argParser(appendedTo),
    );
}

function appended(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function appendedTo(
  text: string,
  previous: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, readonly string[]>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('Must be KEY=VALUE.');
  }
  return { ...previous, [key]: [...(previous[key] ?? []), value] };
}

/** Flags that select an AWS account and region, and limit the rate of calls. */
export interface AwsFlags {
  readonly region?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
}

/** Adds the flags that select an AWS account and region. */
export function addAwsFlags(command: Command): Command {
  return command
    .option('--region <region>', 'AWS region of the WorkSpaces; defaults to AWS_REGION or the AWS profile')
    .option('--role-arn <arn>', 'ARN of an IAM role to assume')
    .option('--external-id <id>', 'External ID that the trust policy of the role requires')
    .addOption(
      new Option(
        '--aws-requests-per-second <rate>',
        'Average number of AWS API calls per second; AWS allows 2 for each account and region',
      )
        .default(2)
        .argParser(positiveNumber),
    )
    .addOption(
      new Option('--aws-burst <calls>', 'Maximum number of AWS API calls at once')
        .default(5)
        .argParser(positiveInteger),
    );
}

/** Flags that select policies and the WorkSpaces to evaluate them with. */
export interface SourceFlags extends AwsFlags, KubeFlags {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  readonly exclude: readonly string[];
  /** Whether to evaluate the files as if they were applied to the cluster. */
  readonly mergeCluster: boolean;
  readonly inventory?: string;
  readonly allNamespaces: boolean;
  /** The only namespace whose policies are evaluated. Undefined: all namespaces. */
  readonly operatorNamespace?: string;
}

/** Adds the flags that select policies and WorkSpaces. */
export function addSourceFlags(command: Command): Command {
  return addAwsFlags(
    addKubeFlags(
      addFileFlags(
        command.argument('[names...]', 'Names of policies; defaults to all policies in the files or in the namespace'),
      )
        .option(
          '--merge-cluster',
          'With -f, evaluate the files as if they were applied to the cluster, together with its other policies and fleets',
          false,
        )
        .option('--inventory <file>', 'Read the WorkSpaces from a file that wsap inventory wrote, not from AWS')
        .option('-A, --all-namespaces', 'Select the policies in all namespaces', false)
        .option(
          '--operator-namespace <name>',
          'Ignore policies in other namespaces, like an operator that runs with --namespace',
        ),
    ),
  );
}

/** Adds the flags that name manifests. */
export function addFileFlags(command: Command, { isRequired = false } = {}): Command {
  const option = new Option(
    '-f, --filename <paths...>',
    'Files or folders with policies and fleets, separated by commas or spaces, with wildcards; use - for standard input',
  );
  return addExcludeFlag(
    command.addOption(option.makeOptionMandatory(isRequired)).option('-R, --recursive', 'Also read subfolders', false),
  );
}

/** Adds the flag that names files and folders to ignore. */
export function addExcludeFlag(command: Command): Command {
  return command.addOption(
    new Option(
      '--exclude <pattern>',
      'Files and folders to ignore, with wildcards; repeatable; .git, node_modules, and the templates of Helm charts are always ignored',
    )
      .default([], 'none')
      .argParser((text: string, earlier: readonly string[]) => [...earlier, ...text.split(',').filter(Boolean)]),
  );
}

/** Flags of the commands that show policies. */
export interface ShowFlags extends KubeFlags {
  readonly output: 'table' | 'json' | 'yaml';
  readonly allNamespaces?: boolean;
  readonly watch: boolean;
}

/** Adds the flags of the commands that show policies. */
export function addShowFlags(command: Command): Command {
  return addKubeFlags(command)
    .addOption(new Option('-o, --output <format>', 'Output format').choices(['table', 'json', 'yaml']).default('table'))
    .option('-w, --watch', 'Print again after each change, until Ctrl-C', false);
}

/** Flags of the commands that change a policy and wait for the operator. */
export interface WaitFlags extends KubeFlags {
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Adds the flags of the commands that change a policy and wait for the operator. */
export function addWaitFlags(command: Command): Command {
  return addKubeFlags(command)
    .option('--no-wait', "Don't wait for the operator")
    .addOption(new Option('--timeout <duration>', 'Maximum time to wait').default(300_000, '5m').argParser(durationMs));
}

/** Flags of the commands that change the policies of a namespace. */
export interface BulkFlags extends WaitFlags {
  readonly all: boolean;
}

/** Adds the flags of the commands that change the policies of a namespace. */
export function addBulkFlags(command: Command): Command {
  return addWaitFlags(
    command.argument('[names...]', 'Names of policies').option('--all', 'Select all policies in the namespace', false),
  );
}

/** Joins the lines of each paragraph, so that the help wraps them at the width of the terminal. Indented lines stay separate. */
export function reflow(text: string): string {
  return text.replace(/(?<=\S)\n(?=\S)/g, ' ');
}

/** Adds examples to the help of a command. Each has a comment, and one command or several. */
export function addExamples(command: Command, examples: Readonly<Record<string, string>>): Command {
  const lines = Object.entries(examples).map(([comment, text]) => `  # ${comment}\n${text.replace(/^(?=.)/gm, '  ')}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`);
}
