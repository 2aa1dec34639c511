import { Command, InvalidArgumentError, Option } from 'commander';
import type { IamFlags } from '../actions/iam.ts';
import { addExamples, reflow } from './flags.ts';
import { matching } from './optionValues.ts';

const region = matching(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'Must be an AWS region, for example, eu-central-1.');

const queue = matching(
  /^(arn:aws(-[a-z]+)*:sqs:[a-z0-9-]+:\d{12}:)?[A-Za-z0-9_-]{1,80}$/,
  'Must be the name or the ARN of an SQS queue, for example, wsap-events.',
);

const topic = matching(
  /^(arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:)?[A-Za-z0-9_-]{1,256}(\.fifo)?$/,
  'Must be the name or the ARN of an SNS topic, for example, desktops.',
);

/** Returns the command `wsap iam`. The patterns of its options keep wildcards and variables of IAM out of the policy. */
export function iamCommand(): Command {
  const command = new Command('iam')
    .summary('Print the IAM policy for the operator')
    .description(
      reflow(`Print the IAM policy with the minimal permissions of the operator.

The command makes no calls to AWS. The IAM policy never allows changes to a WorkSpace with the AWS tag wsap.dev/protect.`),
    )
    .addOption(
      new Option('--enforcement <enforcement>', 'Enforcement of your policies; Audit needs only read permissions')
        .choices(['Audit', 'Approve', 'Enforce'])
        .default('Audit'),
    )
    .addOption(
      new Option('--account <id>', 'AWS account ID of the WorkSpaces')
        .default('ACCOUNT', 'a placeholder')
        .argParser(matching(/^\d{12}$/, 'Must be an AWS account ID of 12 digits.')),
    )
    .addOption(
      new Option('--region <regions...>', 'AWS regions of the WorkSpaces (default: a placeholder)').argParser(
        (text: string, regions: readonly string[] = []) => [...regions, region(text)],
      ),
    )
    .addOption(
      new Option('--partition <partition>', 'AWS partition; defaults to the partition of the regions').argParser(
        matching(/^aws(-[a-z]+)*$/, 'Must be an AWS partition, for example, aws or aws-us-gov.'),
      ),
    )
    .addOption(
      new Option(
        '--event-queue <queues...>',
        'Names or ARNs of SQS queues with the events of AWS; adds the permissions to receive them',
      ).argParser((text: string, queues: readonly string[] = []) => [...queues, queue(text)]),
    )
    .addOption(
      new Option(
        '--notification-topic <topics...>',
        'Names or ARNs of the SNS topics of NotificationProviders; adds the permissions to publish to them',
      ).argParser((text: string, topics: readonly string[] = []) => [...topics, topic(text)]),
    )
    .addOption(
      new Option('--workspace-tag <key=value>', 'Allow changes only to WorkSpaces with this AWS tag').argParser(tag),
    );
  addExamples(command, {
    'Print the IAM policy for Audit policies': 'wsap iam --account 123456789012 --region eu-central-1',
    'Allow changes only to WorkSpaces of one department':
      'wsap iam --enforcement Enforce --account 123456789012 --region eu-central-1 --workspace-tag Department=Finance',
    'Receive the events of AWS, too': 'wsap iam --account 123456789012 --region eu-central-1 --event-queue wsap-events',
    'Publish notifications to an SNS topic, too':
      'wsap iam --account 123456789012 --region eu-central-1 --notification-topic desktops',
    'Attach the IAM policy to a role': `aws iam put-role-policy --role-name wsap --policy-name wsap \\
  --policy-document "$(wsap iam --account 123456789012 --region eu-central-1)"`,
  });
  return command.action(async (flags: IamFlags) => {
    const { printIamPolicy } = await import('../actions/iam.ts');
    printIamPolicy(flags);
  });
}

function tag(text: string): { key: string; value: string } {
  // Characters that AWS allows in a tag. The first = ends the key.
  const [, key, value] = /^([\p{L}\p{N}\p{Z}_.:/+\-@]+)=([\p{L}\p{N}\p{Z}_.:/=+\-@]*)$/u.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('Must be KEY=VALUE, with characters that AWS allows in a tag.');
  }
  return { key, value };
}
