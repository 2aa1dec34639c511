import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AwsFleet } from '../../aws/createAwsFleet.ts';
import type { FleetIdentity } from '../../operator/fleetRuntime.ts';

/** Where a command reads a fleet from. */
export interface AwsFlags {
  readonly region?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
}

/** Adds the flags that say where the WorkSpaces are, and how fast to ask. */
export function addAwsFlags(command: Command): Command {
  return command
    .option('--region <region>', "the AWS region; by default the SDK's own (AWS_REGION, then the profile)")
    .option('--role-arn <arn>', 'a role to assume for it')
    .option('--external-id <id>', "what the role's trust policy asks for")
    .addOption(
      new Option(
        '--aws-requests-per-second <rate>',
        'calls to AWS a second, on average; all who call the account share 2',
      )
        .default(2)
        .argParser(positive),
    )
    .addOption(new Option('--aws-burst <calls>', 'calls to AWS that may come at once').default(5).argParser(count));
}

/** Connects to AWS, and asks whose account it is. Rejects with a FleetError. */
export async function connectToAws(
  { region, roleArn, externalId, awsRequestsPerSecond, awsBurst }: AwsFlags,
  signal: AbortSignal,
): Promise<{ readonly fleet: AwsFleet; readonly identity: FleetIdentity }> {
  const [{ AwsConnection }, { RateLimiter }, { systemClock: clock }, { version }] = await Promise.all([
    import('../../aws/connection.ts'),
    import('../../aws/rateLimiter.ts'),
    import('../../clock.ts'),
    import('../version.ts'),
  ]);
  const role =
    roleArn === undefined ? undefined : { roleARN: roleArn, externalID: externalId, sessionName: 'wsap-cli' };
  const connection = new AwsConnection({ region, role, clock, random: Math.random, signal, version });
  const identity = await connection.identify();
  const rateLimiter = new RateLimiter({ callsPerSecond: awsRequestsPerSecond, burst: awsBurst, clock });
  return { fleet: connection.fleet(rateLimiter), identity };
}

/** How many calls to AWS were made so far. */
export function callsMade(fleet: Pick<AwsFleet, 'calls'>): number {
  return fleet.calls().reduce((sum, { count: made }) => sum + made, 0);
}

/** For an option's number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}

/** For an option's whole number from 1. */
export function count(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return value;
}
