import process from 'node:process';
import type { AwsFleet } from '../../../aws/createAwsFleet.ts';
import type { AwsFlags, KubeFlags } from '../../commands/flags.ts';
import { EXIT, stopSignal } from '../../exit.ts';
import { isColored } from '../../output/terminal.ts';
import { connectToAws } from '../connectToAws.ts';
import { type Cluster, connectToCluster } from '../connectToCluster.ts';
import { checkAws } from './aws.ts';
import { type CheckResult, check, linesOf, skipped } from './check.ts';
import { checkCluster } from './cluster.ts';
import { checkEventQueue } from './eventQueue.ts';

/** Flags of `wsap doctor`. */
export interface DoctorFlags extends AwsFlags, KubeFlags {
  readonly cluster: boolean;
  readonly aws: boolean;
  /** URL of a queue with events. */
  readonly eventQueue?: string | undefined;
}

/** Runs all checks and prints a line for each. */
export async function checkInstallation({ cluster, aws, eventQueue, ...flags }: DoctorFlags): Promise<void> {
  const signal = stopSignal();
  const results: CheckResult[] = [];
  const print = (more: readonly CheckResult[]) => {
    results.push(...more);
    process.stdout.write(linesOf(more, isColored()));
  };
  if (cluster) {
    let connection: Cluster | undefined;
    const connected = await check('kubeconfig', async () => {
      connection = connectToCluster(flags);
      return connection.isInPod ? 'not needed in a pod' : 'readable';
    });
    print([
      connected,
      ...(connection === undefined
        ? [skipped('cluster', 'requires the check kubeconfig')]
        : await checkCluster(connection, signal)),
    ]);
  }
  if (aws) {
    let fleet: AwsFleet | undefined;
    let checkQueue: (() => Promise<CheckResult>) | undefined;
    const identified = await check('aws identity', async () => {
      const connection = await connectToAws(flags, signal);
      fleet = connection.fleet;
      const { accountID, region, arn } = connection.identity;
      if (eventQueue !== undefined) {
        checkQueue = () => checkEventQueue(connection.eventQueue(eventQueue), eventQueue, region);
      }
      return `account ${accountID} in ${region}, identity ${arn}`;
    });
    print([
      identified,
      ...(fleet === undefined ? [skipped('aws reads', 'requires the check aws identity')] : await checkAws(fleet)),
      ...(checkQueue === undefined ? [] : [await checkQueue()]),
    ]);
  }
  const failed = results.filter(({ result }) => result === 'FAIL').length;
  process.stdout.write(
    failed === 0 ? '\nNo check failed.\n' : `\n${failed} ${failed === 1 ? 'check' : 'checks'} failed.\n`,
  );
  process.exitCode = failed === 0 ? EXIT.nothing : EXIT.error;
}
