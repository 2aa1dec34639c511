import { isRejectedIn, lastAttempts, repetitionOf } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** The operator repeats a change that AWS would reject again at most once a day. */
export const rejected: Hold = {
  reason: 'Rejected',
  meaning:
    'AWS rejected the change and would reject it again, for example, because the application is incompatible with the WorkSpace, or `retry.limit` is reached.',
  endsWhen:
    'The WorkSpace, the application, the association, or the policy changes. The operator tries a change that AWS rejected again once a day.',
  appliesToReverts: true,
  prepare: (_, context) => (change) => rejectionOf(change, context),
};

/** Returns why the change must not be repeated under the current circumstances, or undefined if it may be made. */
export function rejectionOf(
  change: Change,
  context: Pick<HoldContext, 'policy' | 'history' | 'snapshot' | 'now'>,
): Held | undefined {
  const { policy, history, snapshot, now } = context;
  for (const { call, last } of lastAttempts(change, policy, history.backoff)) {
    const { refusedIn, rejectedUntil, message } = last;
    const isOver = rejectedUntil !== undefined && rejectedUntil <= now;
    if (refusedIn !== undefined && !isOver && isRejectedIn(refusedIn, call, policy, snapshot)) {
      return rejectedUntil === undefined ? { message } : { message, until: rejectedUntil };
    }
  }
  const { stateReason } = change.finding.association;
  const repetition = repetitionOf(change, policy, history);
  if (repetition?.isLimitReached !== true) {
    return undefined;
  }
  const failure = `the deployment failed with ${stateReason?.errorCode ?? 'an unknown error'}`;
  return {
    message:
      repetition.count === 0
        ? `${failure}, and spec.retry.limit is 0; to retry it, raise spec.retry.limit`
        : `${failure} after ${repetition.count} retries (spec.retry.limit); to retry it, edit the policy`,
  };
}
