import { Command, Option } from 'commander';
import type { DoctorFlags } from '../actions/doctor/doctor.ts';
import { addAwsFlags, addExamples, addKubeFlags, reflow } from './flags.ts';
import { matching } from './optionValues.ts';

const QUEUE_URL = /^https:\/\/[A-Za-z0-9.-]{1,253}(:\d{1,5})?\/\d{12}\/[A-Za-z0-9_-]{1,80}$/;

/** Returns the command `wsap doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .summary('Check the installation')
    .description(
      reflow(`Check the installation: the CRDs, the operator, its permissions, and access to AWS.

The command makes no changes. Each check prints ok, warn, FAIL, or skip, and what to do; info shows a fact. Exits with 1 if a check
fails. In a pod of the operator, it checks the permissions and the AWS identity of the operator.`),
    )
    .option('--no-cluster', 'Skip the checks of the cluster')
    .option('--no-aws', 'Skip the checks of AWS')
    .addOption(
      new Option('--event-queue <url>', 'URL of an SQS queue with the events of AWS to check').argParser(
        matching(QUEUE_URL, 'Must be the URL of an SQS queue.'),
      ),
    );
  addExamples(addAwsFlags(addKubeFlags(command)), {
    'Check the cluster and AWS': 'kubectl wsap doctor --region eu-central-1',
    'Check the operator in its pod':
      'kubectl -n wsap-system exec deploy/wsap -- /nodejs/bin/node /app/dist/cli/main.js doctor',
    'Check AWS with the role of the operator':
      'wsap doctor --no-cluster --region eu-central-1 --role-arn arn:aws:iam::123456789012:role/wsap',
    'Check the queue with the events of a fleet':
      'wsap doctor --region eu-central-1 --event-queue https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events',
  });
  return command.action(async (flags: DoctorFlags) => {
    const { checkInstallation } = await import('../actions/doctor/doctor.ts');
    await checkInstallation(flags);
  });
}
