import process from 'node:process';
import { partitionOf } from '../../aws/partitions.ts';
import { permissionsFor } from '../../aws/permissions.ts';
import { CliError } from '../exit.ts';
import { toJson } from '../output/safeOutput.ts';

/** Flags of `wsap iam`. */
export interface IamFlags {
  readonly enforcement: 'Audit' | 'Approve' | 'Enforce';
  readonly account: string;
  readonly region?: readonly string[];
  readonly partition?: string;
  /** Names or ARNs of SQS queues. */
  readonly eventQueue?: readonly string[];
  /** Names or ARNs of SNS topics. */
  readonly notificationTopic?: readonly string[];
  readonly workspaceTag?: { readonly key: string; readonly value: string };
}

/**
 * Prints the IAM policy for the operator.
 *
 * @throws CliError if the regions belong to different partitions
 */
export function printIamPolicy({
  enforcement,
  account,
  region: regions = ['REGION'],
  partition: given,
  eventQueue: queues = [],
  notificationTopic = [],
  workspaceTag,
}: IamFlags): void {
  const [partition = '', ...others] = given === undefined ? new Set(regions.map(partitionOf)) : [given];
  if (others.length > 0) {
    throw new CliError(
      `${regions.join(', ')} belong to different partitions, which have separate accounts; print an IAM policy for each`,
    );
  }
  const arnsOf = (service: 'sqs' | 'sns', names: readonly string[]) =>
    names.flatMap((name) =>
      name.startsWith('arn:')
        ? name
        : regions.map((region) => `arn:${partition}:${service}:${region}:${account}:${name}`),
    );
  const eventQueues = arnsOf('sqs', queues);
  const scope = { account, regions, partition, workspaceTag, eventQueues, topics: arnsOf('sns', notificationTopic) };
  process.stdout.write(toJson(permissionsFor(enforcement === 'Audit' ? 'Audit' : 'Enforce', scope)));
}
