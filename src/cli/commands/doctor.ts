import process from 'node:process';
import { Command } from 'commander';
import type { CheckResult } from '../actions/doctor/check.ts';
import { stopSignal } from '../actions/signals.ts';
import { EXIT } from '../output/cliError.ts';
import { isColoured } from '../output/terminal.ts';
import { type AwsFlags, addAwsFlags } from './awsFlags.ts';
import { addKubeFlags, type KubeFlags } from './kubeFlags.ts';

interface Flags extends AwsFlags, KubeFlags {
  readonly cluster: boolean;
  readonly aws: boolean;
}

/** `wsap doctor`: what an installation needs, looked at before it is needed. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('look at the cluster, its CRDs and permissions, the operator, and what AWS lets this identity read')
    .option('--no-cluster', 'leave the cluster out')
    .option('--no-aws', 'leave AWS out');
  return addAwsFlags(addKubeFlags(command))
    .addHelpText(
      'after',
      '\nChanges nothing. Each line is ok, warn, FAIL with what to do, or skip; exits with 1 if any is FAIL.',
    )
    .action(run);
}

async function run({ cluster, aws, ...flags }: Flags): Promise<void> {
  const [{ check, linesOf, skipped }, { checkCluster }, { checkAws }, { connectToCluster }, { connectToAws }] =
    await Promise.all([
      import('../actions/doctor/check.ts'),
      import('../actions/doctor/cluster.ts'),
      import('../actions/doctor/aws.ts'),
      import('../actions/connectToCluster.ts'),
      import('./awsFlags.ts'),
    ]);
  const signal = stopSignal();
  const results: CheckResult[] = [];
  const tell = (more: readonly CheckResult[]) => {
    results.push(...more);
    process.stdout.write(linesOf(more, isColoured()));
  };
  if (cluster) {
    let client: Parameters<typeof checkCluster>[0] | undefined;
    const reached = await check('kubeconfig', async () => {
      client = connectToCluster(flags).client;
      return 'readable';
    });
    tell([
      reached,
      ...(client === undefined
        ? [skipped('cluster', 'the kubeconfig comes first')]
        : await checkCluster(client, signal)),
    ]);
  }
  if (aws) {
    let fleet: Parameters<typeof checkAws>[0] | undefined;
    const identified = await check('aws identity', async () => {
      const connected = await connectToAws(flags, signal);
      fleet = connected.fleet;
      const { accountID, region, arn } = connected.identity;
      return `account ${accountID} in ${region}, as ${arn}`;
    });
    tell([
      identified,
      ...(fleet === undefined ? [skipped('aws reads', 'the identity comes first')] : await checkAws(fleet)),
    ]);
  }
  const isBad = results.some(({ result }) => result === 'FAIL');
  process.stdout.write(isBad ? '\nSomething has to be mended.\n' : '\nAll that was looked at works.\n');
  process.exitCode = isBad ? EXIT.error : EXIT.nothing;
}
