import type { Clock } from '../clock.ts';
import { type AssumedRole, assumeRole, type ClientOptions, createIdentityClient } from './client.ts';
import { type AwsFleet, createAwsFleet } from './createAwsFleet.ts';
import { type CallerIdentity, getCallerIdentity } from './identity.ts';
import { type CallObserver, RateLimitedClient } from './rateLimitedClient.ts';
import { RateLimiter } from './rateLimiter.ts';

export interface ConnectionOptions extends Omit<ClientOptions, 'credentials'> {
  /** Undefined: the identity of the SDK's default chain itself. */
  readonly role: AssumedRole | undefined;
  readonly clock: Clock;
  /** From 0 up to 1, for the jitter of pauses. */
  readonly random: () => number;
  /** Aborted when the connection isn't used any more: reads are given up, a change under way is awaited. */
  readonly signal: AbortSignal;
  /** Told of all calls; of waits, only of those for the fleet's rate. */
  readonly observer?: CallObserver | undefined;
}

/** STS answers far more; a fleet asks it a few times an hour. */
const IDENTITY_RATE = { callsPerSecond: 5, burst: 5 };

/** An account and a region of AWS, as one identity sees them. */
export class AwsConnection {
  readonly #options: ConnectionOptions & Pick<ClientOptions, 'credentials'>;
  readonly #identity;

  constructor(options: ConnectionOptions) {
    const { role, clock, observer } = options;
    const credentials = role === undefined ? undefined : assumeRole({ ...options, ...role });
    this.#options = { ...options, credentials };
    const rateLimiter = new RateLimiter({ ...IDENTITY_RATE, clock });
    const client = createIdentityClient(this.#options);
    const answers: CallObserver = { waited: () => {}, answered: (...answer) => observer?.answered(...answer) };
    this.#identity = { client, sender: new RateLimitedClient({ ...options, client, rateLimiter, observer: answers }) };
  }

  /** Asks AWS who this is, and where. Rejects with a FleetError. */
  async identify(): Promise<CallerIdentity & { readonly region: string }> {
    const identity = await getCallerIdentity(this.#identity.sender);
    return { ...identity, region: await this.#identity.client.config.region() };
  }

  /** Its WorkSpaces. */
  fleet(rateLimiter: RateLimiter): AwsFleet {
    return createAwsFleet({ ...this.#options, rateLimiter });
  }
}
