import { isRejectedIn, lastAttempts, retriesOf } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** The operator doesn't repeat a change that AWS would reject again. */
export const rejected: Hold = {
  reason: 'Rejected',
  meaning: 'AWS rejected the change and would reject it again, or `retry.limit` is reached.',
  endsWhen: 'The WorkSpace, the association, or the policy changes.',
  appliesToReverts: true,
  prepare: (_, context) => (change) => rejectionOf(change, context),
};

/** Returns why the change must not be repeated under the current circumstances, or undefined if it may be made. */
export function rejectionOf(
  change: Change,
  context: Pick<HoldContext, 'policy' | 'history' | 'snapshot'>,
): Held | undefined {
  const {
    policy,
    history: { backoff, retries },
    snapshot,
  } = context;
  for (const { call, last } of lastAttempts(change, policy, backoff)) {
    if (last.refusedIn !== undefined && isRejectedIn(last.refusedIn, call, policy, snapshot)) {
      return { message: last.message };
    }
  }
  const { stateReason } = change.finding.association;
  const retry = retriesOf(change, policy, retries);
  return retry !== undefined && retry.retryAt === undefined
    ? {
        message:
          `the deployment failed with ${stateReason?.errorCode ?? 'an unknown error'} after ${retry.count} retries ` +
          '(spec.retry.limit); to retry it, edit the policy',
      }
    : undefined;
}
