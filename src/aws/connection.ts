import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import { type AssumedRole, assumeRole, type ClientOptions, createIdentityClient } from './client.ts';
import { type AwsFleet, createAwsFleet } from './createAwsFleet.ts';
import type { SqsEventQueue } from './eventQueue.ts';
import { type CallerIdentity, getCallerIdentity } from './identity.ts';
import { LazyEventQueue } from './lazyEventQueue.ts';
import { partitionMismatch } from './partitions.ts';
import { type CallObserver, RateLimitedClient } from './rateLimitedClient.ts';
import { RateLimiter } from './rateLimiter.ts';

export interface ConnectionOptions extends Omit<ClientOptions, 'credentials'> {
  /** Role to assume. Defaults to the identity of the SDK's default chain. */
  readonly role: AssumedRole | undefined;
  readonly clock: Clock;
  /** Returns a number from 0 up to 1, for the jitter of pauses. */
  readonly random: () => number;
  /** Aborted when the connection is closed. Reads are canceled; a change that was sent is awaited. */
  readonly signal: AbortSignal;
  /** Observer of all calls. Waits are reported only for the fleet's rate limiter. */
  readonly observer?: CallObserver | undefined;
}

/** Rate limit for STS, far below its quota: a fleet calls it a few times per hour. */
const IDENTITY_RATE = { callsPerSecond: 5, burst: 5 };

/** Rate limit for a queue, far below the quota of SQS, so that a defect can't cause cost. */
const QUEUE_RATE = { callsPerSecond: 20, burst: 20 };

/** Call of the SDK that a role requires. */
const ASSUME_ROLE = 'AssumeRole';

/** Returns the partition of an ARN, for example, `aws-us-gov`. */
function partitionOf(arn: string): string {
  return arn.split(':')[1] || 'aws';
}

/** Connection to an AWS account and region with one identity. */
export class AwsConnection {
  readonly #options: ConnectionOptions & Pick<ClientOptions, 'credentials'>;
  readonly #sts;
  readonly #responsesOnly: CallObserver;

  constructor(options: ConnectionOptions) {
    const { role, clock, observer } = options;
    const credentials = role === undefined ? undefined : assumeRole({ ...options, ...role });
    this.#options = { ...options, credentials };
    const rateLimiter = new RateLimiter({ ...IDENTITY_RATE, clock });
    const client = createIdentityClient(this.#options);
    // Waits for the limits of STS and SQS say nothing about the fleet's rate.
    this.#responsesOnly = {
      onWait: () => {},
      onResponse: (...result) => observer?.onResponse(...result),
    };
    const api = new RateLimitedClient({ ...options, client, rateLimiter, observer: this.#responsesOnly });
    this.#sts = { client, api };
  }

  /** Returns the caller identity and the region. Rejects with a FleetError. */
  async identify(): Promise<CallerIdentity & { readonly region: string }> {
    await this.#requireOnePartition();
    const identity = await getCallerIdentity(this.#sts.api);
    return { ...identity, region: await this.#sts.client.config.region() };
  }

  /**
   * Returns the WorkSpaces of the account and region, as `identify` reported them.
   *
   * @param onChange called when AWS accepted a change, with the request ID of the response
   */
  fleet(
    rateLimiter: RateLimiter,
    { accountID, arn, region }: CallerIdentity & { readonly region: string },
    onChange?: (requestID: string) => void,
  ): AwsFleet {
    return createAwsFleet({
      ...this.#options,
      rateLimiter,
      onChange,
      location: { partition: partitionOf(arn), accountID, region },
    });
  }

  /** Returns a queue with events of the fleet, which this identity reads in the region of the connection. */
  eventQueue(queueURL: string): LazyEventQueue {
    return new LazyEventQueue(() => this.#openQueue(queueURL));
  }

  async #openQueue(queueURL: string): Promise<SqsEventQueue> {
    const [{ createQueueClient }, { SqsEventQueue }] = await Promise.all([
      import('./queueClient.ts'),
      import('./eventQueue.ts'),
    ]);
    const client = createQueueClient(this.#options);
    const rateLimiter = new RateLimiter({ ...QUEUE_RATE, clock: this.#options.clock });
    const api = new RateLimitedClient({ ...this.#options, client, rateLimiter, observer: this.#responsesOnly });
    return new SqsEventQueue(api, queueURL);
  }

  /** Rejects if the role is of another partition than the region: AWS would only report invalid credentials. */
  async #requireOnePartition(): Promise<void> {
    const { role } = this.#options;
    // Without a region, the call itself fails with advice.
    const region = role && (await this.#sts.client.config.region().catch(() => undefined));
    const reason = role && region && partitionMismatch(role.roleARN, region);
    if (reason) {
      throw new FleetError({ kind: 'Unauthenticated', operation: ASSUME_ROLE, reason });
    }
  }
}
