import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import { MalformedResponseError, memberOf } from './response.ts';

/** Caller identity as reported by STS. */
export interface CallerIdentity {
  /** Account ID with 12 digits. */
  readonly accountID: string;
  /** ARN of the user or of the assumed-role session. */
  readonly arn: string;
}

/** Returns the caller identity, which requires no permission. Rejects with a FleetError. */
export function getCallerIdentity(sts: RateLimitedClient<STSClient>): Promise<CallerIdentity> {
  return sts.send(
    {
      target: { operation: 'GetCallerIdentity' },
      send: (client, options) => client.send(new GetCallerIdentityCommand({}), options),
      parse: (response): CallerIdentity => {
        const accountID = memberOf(response, 'Account');
        const arn = memberOf(response, 'Arn');
        if (typeof accountID !== 'string' || !/^\d{12}$/.test(accountID) || typeof arn !== 'string') {
          throw new MalformedResponseError('it has no account ID');
        }
        return { accountID, arn };
      },
    },
    'urgent',
  );
}
