import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../output/cliError.ts';

interface Flags {
  readonly enforcement: 'Audit' | 'Approve' | 'Enforce';
  readonly account: string;
  readonly region?: readonly string[];
  readonly partition?: string;
  readonly workspaceTag?: { readonly key: string; readonly value: string };
}

/** `wsap iam`: the IAM policy that lets the operator do what it does, and no more. */
export function iamCommand(): Command {
  return new Command('iam')
    .description("print the IAM policy that the operator's role needs, and nothing beyond it")
    .addOption(
      new Option('--enforcement <enforcement>', 'what policies may do: Audit only reads')
        .choices(['Audit', 'Approve', 'Enforce'])
        .default('Audit'),
    )
    .addOption(
      new Option('--account <id>', 'the account of the WorkSpaces, or ACCOUNT to be filled in')
        .default('ACCOUNT')
        .argParser(like(/^\d{12}$/, 'It must be 12 digits.')),
    )
    .addOption(
      new Option('--region <regions...>', 'their region, or several; by default REGION to be filled in').argParser(
        (text: string, regions: readonly string[] = []) => [...regions, regionIn(text)],
      ),
    )
    .addOption(
      new Option('--partition <partition>', "by default the region's: aws, aws-us-gov or aws-cn").argParser(
        like(/^aws(-[a-z]+)*$/, 'It must be as aws or aws-us-gov.'),
      ),
    )
    .addOption(
      new Option('--workspace-tag <key=value>', 'change only WorkSpaces that have this AWS tag').argParser(tag),
    )
    .addHelpText(
      'after',
      `
Asks nothing of AWS. The policy never allows a change of a WorkSpace with the AWS tag wsap.dev/protect.

Examples:
  wsap iam --account 123456789012 --region eu-central-1
  wsap iam --enforcement Enforce --account 123456789012 --region eu-central-1 --workspace-tag Department=Finance
  aws iam put-role-policy --role-name wsap --policy-name wsap --policy-document "$(wsap iam --account 123456789012 --region eu-central-1)"`,
    )
    .action(run);
}

async function run({ enforcement, account, region = ['REGION'], partition, workspaceTag }: Flags): Promise<void> {
  const [{ permissionsFor, partitionOf }, { toJson }] = await Promise.all([
    import('../../aws/permissions.ts'),
    import('../output/safeOutput.ts'),
  ]);
  const [own = '', ...others] = partition === undefined ? new Set(region.map(partitionOf)) : [partition];
  if (others.length > 0) {
    throw new CliError(
      `${region.join(', ')} are of several partitions, which share no account; print a policy for each`,
    );
  }
  const scope = { account, regions: region, partition: own, workspaceTag };
  process.stdout.write(toJson(permissionsFor(enforcement === 'Audit' ? 'Audit' : 'Enforce', scope)));
}

const regionIn = like(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'It must be as eu-central-1.');

/** For an option's text. What IAM would take for a wildcard or a variable mustn't get into a policy. */
function like(pattern: RegExp, wanted: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) {
      throw new InvalidArgumentError(wanted);
    }
    return text;
  };
}

function tag(text: string): { key: string; value: string } {
  // What AWS allows in a tag; the first = ends the key.
  const [, key, value] = /^([\p{L}\p{N}\p{Z}_.:/+\-@]+)=([\p{L}\p{N}\p{Z}_.:/=+\-@]*)$/u.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be KEY=VALUE, with what AWS allows in a tag.');
  }
  return { key, value };
}
