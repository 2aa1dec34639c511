import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { MalformedResponseError } from './malformedResponse.ts';
import { memberOf } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';

/** Whom AWS takes somebody for. */
export interface CallerIdentity {
  /** 12 digits. */
  readonly accountID: string;
  /** Of the user, or of the role and its session. */
  readonly arn: string;
}

/** Asks AWS whose credentials these are, which needs no permission. Rejects with a FleetError. */
export function getCallerIdentity(sender: RateLimitedClient<STSClient>): Promise<CallerIdentity> {
  return sender.send(
    {
      subject: { operation: 'GetCallerIdentity' },
      send: (client, options) => client.send(new GetCallerIdentityCommand({}), options),
      parse: (answer): CallerIdentity => {
        const accountID = memberOf(answer, 'Account');
        const arn = memberOf(answer, 'Arn');
        if (typeof accountID !== 'string' || !/^\d{12}$/.test(accountID) || typeof arn !== 'string') {
          throw new MalformedResponseError('it names no account');
        }
        return { accountID, arn };
      },
    },
    'urgent',
  );
}
