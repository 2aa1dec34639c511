import { circumstancesOf, lastAttempts } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** What AWS would refuse again isn't asked again until the WorkSpace, the association or the policy changes. */
export const rejected: Hold = {
  reason: 'Rejected',
  prepare: (_, context) => (change) => refusalOf(change, context),
};

/** Why a change must not be tried again in these circumstances. */
export function refusalOf(
  change: Change,
  context: Pick<HoldContext, 'policy' | 'backoff' | 'retries'>,
): Held | undefined {
  const { policy, backoff, retries } = context;
  for (const { call, last } of lastAttempts(change, policy, backoff)) {
    if (last.refusedIn !== undefined && last.refusedIn === circumstancesOf(call, policy)) {
      return { message: last.message };
    }
  }
  const { workspaceID, stateReason } = change.finding.association;
  const repetition = change.force ? retries.get(workspaceID, policy) : undefined;
  return repetition !== undefined && repetition.retryAt === undefined
    ? {
        message:
          `the deployment ended with ${stateReason?.errorCode ?? 'an error'}, after ${repetition.count} repetitions; ` +
          'it is not repeated again until the policy is edited',
      }
    : undefined;
}
