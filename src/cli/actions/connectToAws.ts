import type { AwsFleet } from '../../aws/createAwsFleet.ts';
import type { LazyEventQueue } from '../../aws/lazyEventQueue.ts';
import { systemClock as clock } from '../../clock.ts';
import type { FleetIdentity } from '../../operator/fleetRuntime.ts';
import type { AwsFlags } from '../commands/flags.ts';
import { version } from '../version.ts';

/** Connects to AWS and reads the caller identity. Rejects with a FleetError. */
export async function connectToAws(
  { region, roleArn, externalId, awsRequestsPerSecond, awsBurst }: AwsFlags,
  signal: AbortSignal,
): Promise<{
  readonly fleet: AwsFleet;
  readonly identity: FleetIdentity;
  readonly eventQueue: (queueURL: string) => LazyEventQueue;
}> {
  // The SDK takes long to load, and commands that read an inventory file don't need it.
  const [{ AwsConnection }, { RateLimiter }] = await Promise.all([
    import('../../aws/connection.ts'),
    import('../../aws/rateLimiter.ts'),
  ]);
  const role =
    roleArn === undefined ? undefined : { roleARN: roleArn, externalID: externalId, sessionName: 'wsap-cli' };
  const connection = new AwsConnection({ region, role, clock, random: Math.random, signal, version });
  const identity = await connection.identify();
  const rateLimiter = new RateLimiter({ callsPerSecond: awsRequestsPerSecond, burst: awsBurst, clock });
  return {
    fleet: connection.fleet(rateLimiter, identity),
    identity,
    eventQueue: (queueURL) => connection.eventQueue(queueURL),
  };
}

/** Returns the number of calls to AWS so far. */
export function countCalls(fleet: Pick<AwsFleet, 'calls'>): number {
  return fleet.calls().reduce((sum, { count }) => sum + count, 0);
}
